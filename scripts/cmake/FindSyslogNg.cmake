# syslog-ng as a host: the headers and tools of syslog-ng-dev, and the daemon to test with.
#
# The system's own, or else what scripts/setup unpacked into build/host-packages because another log
# daemon is installed. Sets
#   SyslogNg_FOUND, SyslogNg_VERSION ("3.38.1")
#   SyslogNg_DAEMON, SyslogNg_CTL, SyslogNg_MODULE_PATH   to run it
#   SyslogNg_MERGE_GRAMMAR                                 to generate a plugin's grammar
#   SyslogNg::SyslogNg                                     to compile and link a plugin
set(unpacked ${PROJECT_SOURCE_DIR}/build/host-packages)

find_path(SyslogNg_INCLUDE_DIR syslog-ng.h
  PATHS /usr/include/syslog-ng ${unpacked}/usr/include/syslog-ng NO_DEFAULT_PATH)
find_library(SyslogNg_LIBRARY syslog-ng
  PATHS /usr/lib/syslog-ng ${unpacked}/usr/lib/syslog-ng NO_DEFAULT_PATH)
find_library(SyslogNg_EVTLOG_LIBRARY evtlog
  PATHS /usr/lib/syslog-ng ${unpacked}/usr/lib/syslog-ng NO_DEFAULT_PATH)
find_file(SyslogNg_MERGE_GRAMMAR merge-grammar.py
  PATHS /usr/share/syslog-ng/tools ${unpacked}/usr/share/syslog-ng/tools NO_DEFAULT_PATH)
find_program(SyslogNg_DAEMON syslog-ng PATHS /usr/sbin ${unpacked}/usr/sbin NO_DEFAULT_PATH)
find_program(SyslogNg_CTL syslog-ng-ctl PATHS /usr/sbin ${unpacked}/usr/sbin NO_DEFAULT_PATH)
mark_as_advanced(SyslogNg_INCLUDE_DIR SyslogNg_LIBRARY SyslogNg_EVTLOG_LIBRARY
  SyslogNg_MERGE_GRAMMAR SyslogNg_DAEMON SyslogNg_CTL)

if(SyslogNg_INCLUDE_DIR)
  file(STRINGS ${SyslogNg_INCLUDE_DIR}/syslog-ng-config.h version
    REGEX "#define SYSLOG_NG_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" SyslogNg_VERSION "${version}")
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" minor "${SyslogNg_VERSION}")
  cmake_path(GET SyslogNg_LIBRARY PARENT_PATH library_dir)
  set(SyslogNg_MODULE_PATH ${library_dir}/${minor})
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(SyslogNg_deps QUIET IMPORTED_TARGET glib-2.0 ivykis)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SyslogNg
  REQUIRED_VARS SyslogNg_LIBRARY SyslogNg_EVTLOG_LIBRARY SyslogNg_INCLUDE_DIR SyslogNg_MERGE_GRAMMAR
                SyslogNg_DAEMON SyslogNg_CTL SyslogNg_deps_FOUND
  VERSION_VAR SyslogNg_VERSION)

if(SyslogNg_FOUND AND NOT TARGET SyslogNg::SyslogNg)
  add_library(SyslogNg::SyslogNg INTERFACE IMPORTED)
  target_include_directories(SyslogNg::SyslogNg SYSTEM INTERFACE ${SyslogNg_INCLUDE_DIR})
  # evtlog by name: the host's macros call it, and -z defs asks for every symbol.
  target_link_libraries(SyslogNg::SyslogNg INTERFACE
    ${SyslogNg_LIBRARY} ${SyslogNg_EVTLOG_LIBRARY} PkgConfig::SyslogNg_deps)
endif()
