# c2watch_test(<name> SOURCES <cpp>... [LINKS <target>...] [LABELS <label>...] [TIMEOUT <s>])
#
# One GoogleTest program, registered with CTest under its own name. It sees:
#   C2WATCH_FIXTURES   the fixtures folder
#   C2WATCH_SHARE      the data that programs need at run time
#   C2WATCH_SHARED     ../shared beside the project's root (may be absent: then skip, with the reason)
find_package(GTest REQUIRED)
include(GoogleTest)

function(c2watch_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS;LABELS;DEPENDS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE c2watch::warnings ${arg_LINKS} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    C2WATCH_FIXTURES="${PROJECT_SOURCE_DIR}/fixtures"
    C2WATCH_SHARE="${PROJECT_SOURCE_DIR}/share"
    C2WATCH_SHARED="${PROJECT_SOURCE_DIR}/../shared"
    C2WATCH_BUILD="${PROJECT_BINARY_DIR}")
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()
