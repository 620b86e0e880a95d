# Compiler settings that hold for every target of the project.
option(C2WATCH_WERROR "Warnings are errors" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

find_program(C2WATCH_CCACHE ccache)
if(C2WATCH_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${C2WATCH_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${C2WATCH_CCACHE})
endif()

add_library(c2watch_warnings INTERFACE)
add_library(c2watch::warnings ALIAS c2watch_warnings)
target_compile_options(c2watch_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wimplicit-fallthrough
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
  # GCC < 13 reports std::string concatenations that do not overlap (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${C2WATCH_WERROR}>:-Werror>)

# Builds do not depend on where the tree lies.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

if(C2WATCH_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)  # what libFuzzer steers by
endif()
if(C2WATCH_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
if(C2WATCH_SANITIZE)
  # GCC's sanitizers hide initialisations from it, std::regex's among them (GCC bug 105562).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(c2watch_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
  # -O1 -g1: reports name file and line, and the build takes half the time of -O2 -g. Without NDEBUG,
  # so that assertions are checked too.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=${C2WATCH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${C2WATCH_SANITIZE})
  add_compile_definitions(C2WATCH_SANITIZED=1)
else()
  # Hardening of what a collector loads. -z nodlopen is deliberately absent: hosts dlopen us.
  add_compile_options(-fstack-protector-strong -fcf-protection=full
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
