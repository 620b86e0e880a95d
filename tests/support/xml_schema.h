// Whether a document is what an XML Schema describes, and if not, where it departs from it. By
// xmllint of libxml2, which scripts/setup installs.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace c2watch::testing_support {

// "" when `xml` is what the schema in that file describes; else what xmllint says.
inline std::string xsd_violations(const std::string& schema_file, const std::string& xml) {
  char path[] = "/tmp/c2watch_xml.XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0) throw std::runtime_error("no temporary file");
  const bool written = write(fd, xml.data(), xml.size()) == static_cast<ssize_t>(xml.size());
  close(fd);
  const std::string command =
      "xmllint --noout --nonet --schema '" + schema_file + "' " + path + " 2>&1";
  std::string said;
  int status = -1;
  if (FILE* pipe = written ? popen(command.c_str(), "r") : nullptr; pipe != nullptr) {
    char chunk[512];
    while (fgets(chunk, sizeof chunk, pipe) != nullptr) said += chunk;
    status = pclose(pipe);
  }
  unlink(path);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return said.empty() ? "xmllint could not be run" : said;
}

}  // namespace c2watch::testing_support
