# c2watch_layer(<name> [ROOT <dir>] [USES <layer>...] [LINKS <target>...] HEADERS <h>... [SOURCES <cpp>...])
#
# One static library per layer of the plugin, the harness, the simulator and the benchmarks. The
# USES lists are the architecture: the build links them, and scripts/check_layers.py reads them to
# refuse any include that goes up or sideways. LINKS names third-party libraries; they stay private
# to the layer. ROOT is the folder that includes start from (default: plugin/).
function(c2watch_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT" "USES;LINKS;HEADERS;SOURCES")
  if(NOT arg_ROOT)
    set(arg_ROOT ${PROJECT_SOURCE_DIR}/plugin)
  endif()
  set(kind STATIC)
  set(scope PUBLIC)
  if(NOT arg_SOURCES)
    set(kind INTERFACE)
    set(scope INTERFACE)
  endif()

  add_library(c2watch_${name} ${kind})
  add_library(c2watch::${name} ALIAS c2watch_${name})
  if(arg_SOURCES)
    target_sources(c2watch_${name} PRIVATE ${arg_SOURCES})
    target_link_libraries(c2watch_${name} PRIVATE c2watch::warnings ${arg_LINKS})
    set_target_properties(c2watch_${name} PROPERTIES
      CXX_VISIBILITY_PRESET hidden
      C_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
  else()
    target_link_libraries(c2watch_${name} INTERFACE ${arg_LINKS})
  endif()
  target_sources(c2watch_${name} ${scope}
    FILE_SET HEADERS BASE_DIRS ${arg_ROOT} FILES ${arg_HEADERS})
  target_compile_features(c2watch_${name} ${scope} cxx_std_20)
  list(TRANSFORM arg_USES PREPEND c2watch::)
  target_link_libraries(c2watch_${name} ${scope} ${arg_USES})
  set_target_properties(c2watch_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()
