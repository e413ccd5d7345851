# add_room(NAME [LIBRARY...]): a static library of the folder's sources. It links the rooms that it may include; what it does
# include is checked by tests/layering_test.py, since a linker takes any order of static libraries.
function(add_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  merge_into_units(sources ${name})
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARGN})
endfunction()

# In sanitizer builds, whose objects only tests see: eight files to a unit, so that the headers, which take most of a
# compiler's time, are read an eighth as often. The release build compiles each file by itself, which shows what it forgets
# to include.
# Not CMAKE_UNITY_BUILD, whose units name the clone's folder: ccache would not know them in another.
function(merge_into_units variable name)
  if(NOT SIDECAR_SHIM_MERGE_SOURCES)
    return()
  endif()
  list(LENGTH ${variable} left)
  set(units)
  set(unit "")
  foreach(source ${${variable}})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
    string(APPEND unit "#include \"${path}\"\n")
    math(EXPR left "${left} - 1")
    math(EXPR left_of_unit "${left} % 8")
    if(left_of_unit EQUAL 0)
      list(LENGTH units number)
      set(file ${PROJECT_BINARY_DIR}/units/${name}_${number}.cc)
      file(CONFIGURE OUTPUT ${file} CONTENT "${unit}" @ONLY)
      list(APPEND units ${file})
      set(unit "")
    endif()
  endforeach()
  set(${variable} ${units} PARENT_SCOPE)
endfunction()
