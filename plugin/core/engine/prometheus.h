// PrometheusWriter: the text exposition format 0.0.4, family by family.
//
//   std::string text;
//   PrometheusWriter w(text);
//   w.family("c2watch_records_total", "Records handed over.", "counter");
//   w.sample({{"fate", "used"}}, 17);            // c2watch_records_total{fate="used"} 17
//
// A family's samples follow it directly, as the format asks. Help and label values are escaped;
// names are ours and need none.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace c2watch::engine {

class PrometheusWriter {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  explicit PrometheusWriter(std::string& out) : out_(out) {}

  // `name` must live until the next family; `type` is counter, gauge or histogram.
  void family(std::string_view name, std::string_view help, std::string_view type);

  template <std::integral T>
  void sample(Labels labels, T value) {
    write("", labels, std::to_string(value));
  }
  void sample(Labels labels, double value) { write("", labels, text_of(value)); }

  // A family of one sample without labels.
  template <class T>
  void single(std::string_view name, std::string_view help, std::string_view type, T value) {
    family(name, help, type);
    sample({}, value);
  }

  // Of a histogram's family.
  void bucket(std::string_view le, std::uint64_t events) {
    write("_bucket", {{"le", le}}, std::to_string(events));
  }
  void sum(double value) { write("_sum", {}, text_of(value)); }
  void count(std::uint64_t events) { write("_count", {}, std::to_string(events)); }

 private:
  static std::string text_of(double value);
  void write(std::string_view suffix, Labels labels, std::string_view value);

  std::string& out_;
  std::string_view name_;
};

}  // namespace c2watch::engine
