# Language, warnings, sanitizers, and the compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
# GNU mode defines `linux`, which CRI uses as a field name.
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  # Without these a clone in another folder would find nothing of what this one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual)
if(SIDECAR_SHIM_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Braces around a base class's members may be left out, as gcc holds too.
  add_compile_options(-Wno-missing-braces)
endif()
if(SIDECAR_SHIM_SANITIZE)
  add_compile_options(-fsanitize=${SIDECAR_SHIM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${SIDECAR_SHIM_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Sanitizer instrumentation makes gcc 12 see uninitialised reads inside std::optional and <regex>.
    add_compile_options(-Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()
