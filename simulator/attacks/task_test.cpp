// Test 4: a scheduled task, WindowsNetworkHealth, that starts a hidden PowerShell every minute,
// which calls the server. The task runs a few times and is deleted.
#include <algorithm>

#include "attacks/attack.h"
#include "world/deeds.h"

namespace c2sim {
namespace {

constexpr std::uint32_t kRuns = 3;
constexpr std::uint16_t kPort = 8888;

// Local time without a zone, as Task Scheduler writes it; our machines live in UTC.
std::string local(Instant t) { return iso(t).substr(0, 19); }

class TaskTest final : public Actor {
 public:
  TaskTest(World& world, Host& host, const AttackSettings& settings)
      : world_(world),
        host_(host),
        settings_(settings),
        server_(settings, ipv4(127, 0, 0, 1)),
        random_(Random::of(world.seed, "test4", host.index)),
        name_(settings.task_name.empty() ? "WindowsNetworkHealth" : settings.task_name),
        port_(settings.port.value_or(kPort)),
        runs_left_(settings.check_ins.value_or(kRuns)) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(
        settings.interval.value_or(std::chrono::minutes{1}));
    every_minutes_ = static_cast<std::uint32_t>(std::max<std::int64_t>(1, minutes.count()));
    program_ = &attacker(world, App::powershell, settings);
    const bool on_the_path = settings.image.empty();  // then the task names it without a folder
    command_ = on_the_path ? "powershell.exe" : std::string(program_->image->raw);
    script_ = "try { Invoke-WebRequest -Uri 'http://" + to_string(server_.first()) + ":" +
              std::to_string(port_) + "/' -UseBasicParsing -TimeoutSec 5 } catch { }";
    arguments_ = "-NoProfile " +
                 (settings.hidden.empty() ? std::string("-WindowStyle Hidden") : settings.hidden) +
                 " -Command \"" + script_ + "\"";
  }

  Instant act(Instant now, Stage& stage) override {
    switch (step_) {
      case Step::shell:
        return open_shell(now, stage);
      case Step::create:
        return create_task(now, stage);
      case Step::registered:
        return task_registered(now, stage);
      case Step::run:
        return run_task(now, stage);
      case Step::callback:
        return call_back(now, stage);
      case Step::cleanup:
        return delete_task(now, stage);
    }
    return kNever;
  }

 private:
  enum class Step { shell, create, registered, run, callback, cleanup };

  // schtasks wants the quotes of /TR's inside escaped.
  std::string create_arguments() const {
    std::string run = command_ + " " + arguments_;
    for (std::size_t at = 0; (at = run.find('"', at)) != std::string::npos; at += 2)
      run.insert(at, "\\");
    std::string line = "/Create /F /TN " + name_ + " /TR \"" + run + "\" /SC MINUTE";
    if (every_minutes_ > 1) line += " /MO " + std::to_string(every_minutes_);
    return line;
  }

  Instant open_shell(Instant now, Stage& stage) {
    const Program& cmd = world_.program(App::cmd);
    shell_ = launch(host_, stage,
                    {.program = &cmd,
                     .command_line = world_.text(std::string(cmd.quoted->raw) + "/c schtasks " +
                                                 create_arguments()),
                     .account = &host_.elevated_user},
                    host_.explorer, now, {"4", "4.shell"});
    launch_console(world_, host_, stage, shell_, now + seconds(0.011), {"4", "4.conhost"});
    step_ = Step::create;
    return now + seconds(random_.between(0.04, 0.09));
  }

  Instant create_task(Instant now, Stage& stage) {
    schtasks_ = launch(host_, stage,
                       {.program = &world_.program(App::schtasks),
                        // cmd.exe leaves two blanks after the program that it starts.
                        .command_line = world_.text("schtasks  " + create_arguments()),
                        .account = &host_.elevated_user},
                       shell_, now, {"4", "4.schtasks"});
    step_ = Step::registered;
    return now + seconds(random_.between(0.05, 0.15));
  }

  Instant task_registered(Instant now, Stage& stage) {
    TaskDefinition task;
    task.created = now;
    task.every_minutes = every_minutes_;
    task.author = host_.user.name->raw;
    task.user_id = host_.user.sid->raw;
    task.uri = "\\" + name_;
    task.command = command_;
    task.arguments = arguments_;
    Event e;
    e.host = &host_;
    e.utc = now;
    e.label = {"4", "4.task_created"};
    e.what = TaskCreated{.subject = &host_.elevated_user,
                         .task = world_.text(task.uri),
                         .content = world_.text(task_xml(task)),
                         .client = schtasks_,
                         .client_parent_pid = shell_.pid,
                         .activity = {static_cast<std::uint32_t>(random_.next()),
                                      static_cast<std::uint32_t>(random_.next()), random_.next()}};
    stage.emit(e);
    step_ = Step::run;
    // The start boundary is the minute just begun, so the first run is one interval later.
    next_run_ = std::chrono::floor<std::chrono::minutes>(now);
    return schedule_run();
  }

  Instant schedule_run() {
    next_run_ += std::chrono::minutes{every_minutes_};
    return next_run_ + seconds(random_.between(0.02, 0.6));
  }

  Instant run_task(Instant now, Stage& stage) {
    callback_ = launch(host_, stage,
                       {.program = program_,
                        .command_line = world_.text(command_ + " " + arguments_),
                        .account = &host_.user},
                       host_.schedule, now, {"4", "4.task_run"});
    launch_console(world_, host_, stage, callback_, now + seconds(0.012), {"4", "4.conhost"});
    if (settings_.script_block) {
      log_script(host_, stage, callback_, now + seconds(random_.between(0.4, 0.7)),
                 world_.text(script_), random_, {"4", "4.script_block"});
    }
    step_ = Step::callback;
    return now + seconds(random_.between(0.8, 1.4));
  }

  Instant call_back(Instant now, Stage& stage) {
    connect(host_, stage, callback_, now,
            {.destination = server_.pick(random_),
             .destination_host = world_.network.none,
             .port = port_},
            {"4", "4.callback"});
    if (--runs_left_ > 0) {
      step_ = Step::run;
      return schedule_run();
    }
    step_ = Step::cleanup;
    return now + seconds(random_.between(5, 15));
  }

  Instant delete_task(Instant now, Stage& stage) {
    const Program& schtasks = world_.program(App::schtasks);
    launch(host_, stage,
           {.program = &schtasks,
            .command_line =
                world_.text(std::string(schtasks.quoted->raw) + "/Delete /TN " + name_ + " /F"),
            .account = &host_.elevated_user},
           host_.explorer, now, {"4", "4.cleanup"});
    return kNever;
  }

  World& world_;
  Host& host_;
  AttackSettings settings_;
  Server server_;
  Random random_;
  std::string name_;
  std::uint16_t port_;
  std::uint32_t runs_left_;
  std::uint32_t every_minutes_ = 1;
  const Program* program_ = nullptr;
  std::string command_, arguments_, script_;

  Step step_ = Step::shell;
  Instant next_run_{};
  Process shell_, schtasks_, callback_;
};

}  // namespace

std::string task_xml(const TaskDefinition& t) {
  const Instant minute = std::chrono::floor<std::chrono::minutes>(t.created);
  const std::string interval = t.every_minutes % 60 == 0
                                   ? "PT" + std::to_string(t.every_minutes / 60) + "H"
                                   : "PT" + std::to_string(t.every_minutes) + "M";
  const std::string lines[] = {
      R"(<?xml version="1.0" encoding="UTF-16"?>)",
      R"(<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">)",
      "  <RegistrationInfo>",
      "    <Date>" + local(t.created) + "</Date>",
      "    <Author>" + escape_entities(t.author) + "</Author>",
      "    <URI>" + escape_entities(t.uri) + "</URI>",
      "  </RegistrationInfo>",
      "  <Triggers>",
      "    <TimeTrigger>",
      "      <Repetition>",
      "        <Interval>" + interval + "</Interval>",
      "        <StopAtDurationEnd>false</StopAtDurationEnd>",
      "      </Repetition>",
      "      <StartBoundary>" + local(minute) + "</StartBoundary>",
      "      <Enabled>true</Enabled>",
      "    </TimeTrigger>",
      "  </Triggers>",
      "  <Settings>",
      "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
      "    <DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>",
      "    <StopIfGoingOnBatteries>true</StopIfGoingOnBatteries>",
      "    <AllowHardTerminate>true</AllowHardTerminate>",
      "    <StartWhenAvailable>false</StartWhenAvailable>",
      "    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>",
      "    <IdleSettings>",
      "      <Duration>PT10M</Duration>",
      "      <WaitTimeout>PT1H</WaitTimeout>",
      "      <StopOnIdleEnd>true</StopOnIdleEnd>",
      "      <RestartOnIdle>false</RestartOnIdle>",
      "    </IdleSettings>",
      "    <AllowStartOnDemand>true</AllowStartOnDemand>",
      "    <Enabled>true</Enabled>",
      "    <Hidden>false</Hidden>",
      "    <RunOnlyIfIdle>false</RunOnlyIfIdle>",
      "    <WakeToRun>false</WakeToRun>",
      "    <ExecutionTimeLimit>PT72H</ExecutionTimeLimit>",
      "    <Priority>7</Priority>",
      "  </Settings>",
      R"(  <Actions Context="Author">)",
      "    <Exec>",
      "      <Command>" + escape_entities(t.command) + "</Command>",
      "      <Arguments>" + escape_entities(t.arguments) + "</Arguments>",
      "    </Exec>",
      "  </Actions>",
      "  <Principals>",
      R"(    <Principal id="Author">)",
      "      <UserId>" + t.user_id + "</UserId>",
      "      <RunLevel>LeastPrivilege</RunLevel>",
      "      <LogonType>InteractiveToken</LogonType>",
      "    </Principal>",
      "  </Principals>",
      "</Task>",
  };
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\r\n") + line;
  return out;
}

std::unique_ptr<Actor> make_task_test(World& world, Host& host, const AttackSettings& settings) {
  return std::make_unique<TaskTest>(world, host, settings);
}

}  // namespace c2sim
