// A program that is nothing but the git child, for tests. Its first argument can make it misbehave.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>

#include "controller/git/git_child.h"

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "git-child") return tinyforge::GitChildMain();
  if (mode == "crash") raise(SIGSEGV);
  if (mode == "garbage") std::puts("tip=../../etc/passwd");
  if (mode == "complain") {
    std::fputs("no such thing\n\x1b[31m", stderr);
    return 3;
  }
  if (mode == "hang") pause();
  return 0;
}
