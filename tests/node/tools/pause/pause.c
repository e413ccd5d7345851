/* The process of every pod sandbox: it holds the pod's namespaces open and, when a pod shares one pid namespace, reaps
 * what its containers leave behind. Ours, because no registry is at hand from which the usual one could be pulled. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void Reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

static void Leave(int signal_number) {
  (void)signal_number;
  _exit(0);
}

int main(void) {
  struct sigaction reap = {.sa_handler = Reap, .sa_flags = SA_NOCLDSTOP};
  struct sigaction leave = {.sa_handler = Leave};
  /* As pid 1 a process gets only the signals it handles: without these, stopping a sandbox would last its whole grace. */
  if (sigaction(SIGCHLD, &reap, NULL) != 0 || sigaction(SIGTERM, &leave, NULL) != 0 ||
      sigaction(SIGINT, &leave, NULL) != 0) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
