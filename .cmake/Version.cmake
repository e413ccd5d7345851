# version: what `sidecar-shim --version` prints. A release says its tag; a commit after it what `git describe` says; without a
# tag, the project's version and the commit; without git, the project's version.
set(version "${SIDECAR_SHIM_VERSION}")
if(NOT version)
  set(version ${PROJECT_VERSION})
  find_package(Git QUIET)
  if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    set(git ${GIT_EXECUTABLE} -C ${PROJECT_SOURCE_DIR})
    execute_process(COMMAND ${git} describe --tags --match "v[0-9]*" OUTPUT_VARIABLE described
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${git} rev-parse --short HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(described)
      string(SUBSTRING ${described} 1 -1 version)
    elseif(commit)
      set(version ${PROJECT_VERSION}-g${commit})
    endif()
    # A new commit configures again.
    execute_process(COMMAND ${git} rev-parse --path-format=absolute --git-path logs/HEAD OUTPUT_VARIABLE git_log
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(git_log AND EXISTS ${git_log})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${git_log})
    endif()
  endif()
endif()
