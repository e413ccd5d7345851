# What comes from the distribution. Defines the targets `abseil` (all that policy/ may use), `grpc` (gRPC, protobuf, Abseil),
# `libnghttp2` and `yaml`; CURL::libcurl, OpenSSL::Crypto, ZLIB::ZLIB and Threads::Threads are CMake's own.
find_package(Threads REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
# For gRPC::grpc_cpp_plugin.
find_package(gRPC 1.51 CONFIG REQUIRED)
find_package(yaml-cpp REQUIRED)

# gRPC, protobuf, Abseil and yaml-cpp are linked statically, so that one binary serves every distribution. The imported targets
# of Debian 12 (gRPC::grpc++_unsecure, absl::strings, yaml-cpp) are the shared libraries and name no archives, so the list of
# archives comes from pkg-config.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GRPC REQUIRED grpc++_unsecure protobuf)
set(abseil_libraries ${GRPC_STATIC_LIBRARIES})
list(FILTER abseil_libraries INCLUDE REGEX "^absl_")
list(REMOVE_DUPLICATES abseil_libraries)
# The last four are what gRPC's own archives use, of which pkg-config does not speak.
set(grpc_libraries grpc++_unsecure grpc_unsecure gpr protobuf upb re2 cares address_sorting)

# add_third_party(TARGET [USES TARGET...] LIBRARIES NAME...): the libraries, which may need each other in any order.
function(add_third_party target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LIBRARIES")
  add_library(${target} INTERFACE)
  if(SIDECAR_SHIM_SANITIZE STREQUAL "thread")
    # ThreadSanitizer can leave a library alone that it did not instrument, but not when it is part of the program.
    target_link_libraries(${target} INTERFACE ${arg_LIBRARIES} ${arg_USES})
    return()
  endif()
  set(archives)
  foreach(name ${arg_LIBRARIES})
    find_library(archive_of_${name} lib${name}.a REQUIRED)
    mark_as_advanced(archive_of_${name})
    add_library(archive::${name} STATIC IMPORTED GLOBAL)
    set_target_properties(archive::${name} PROPERTIES
      IMPORTED_LOCATION ${archive_of_${name}} INTERFACE_LINK_LIBRARIES "${arg_USES}")
    list(APPEND archives archive::${name})
    # A shared library of the system, such as libcurl's nghttp2, must not find its own functions here.
    target_link_options(${target} INTERFACE "LINKER:--exclude-libs,lib${name}.a")
  endforeach()
  list(JOIN archives "," archives)
  target_link_libraries(${target} INTERFACE "$<LINK_GROUP:RESCAN,${archives}>")
endfunction()

add_third_party(abseil USES Threads::Threads rt LIBRARIES ${abseil_libraries})
add_third_party(grpc USES abseil Threads::Threads z rt LIBRARIES ${grpc_libraries})
add_third_party(libnghttp2 LIBRARIES nghttp2)
add_third_party(yaml LIBRARIES yaml-cpp)
