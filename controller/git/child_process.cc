#include "controller/git/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace tinyforge {
namespace {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { Close(); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct Pipe {
  Fd read;
  Fd write;
};

Error SystemError(std::string_view what) {
  return {ErrorKind::Transient, std::string(what) + ": " + std::strerror(errno)};
}

Expected<Pipe> OpenPipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return SystemError("open a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// A file in memory that is read from its beginning. Unlike a pipe it takes any amount before anybody reads.
Expected<Fd> OpenInput(std::string_view text) {
  Fd file(memfd_create("input", MFD_CLOEXEC));
  if (!file) return SystemError("make the input of a child");
  while (!text.empty()) {
    const ssize_t put = write(file.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("write the input of a child");
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return SystemError("rewind the input of a child");
  return file;
}

// What the child starts with: our three files as its streams, no other file, no blocked or ignored signal, own group.
class SpawnSettings {
 public:
  SpawnSettings(const Fd& in, const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, in.get(), 0);
    posix_spawn_file_actions_adddup2(&files_, out.write.get(), 1);
    posix_spawn_file_actions_adddup2(&files_, err.write.get(), 2);
    posix_spawn_file_actions_addclosefrom_np(&files_, 3);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// By number: the declaration of glibc 2.36 lacks its C linkage.
Fd OpenPidFd(pid_t pid) {
  return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Reads what is there; false at the end of the stream.
bool Drain(const Fd& from, std::string& into, std::size_t max) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    into.append(buffer.data(), std::min(static_cast<std::size_t>(got), max - into.size()));
  }
}

// A started child and our ends of its streams. Killed and reaped by the destructor unless it was reaped before.
class Child {
 public:
  static Expected<Child> Start(const ChildSpec& spec);
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        ended_(std::move(other.ended_)),
        output_(std::move(other.output_)),
        errors_(std::move(other.errors_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    Kill();
    ChildResult ignored;
    Reap(ignored);
  }

  // Until it ended, or Kill was called for one of the two reasons.
  ChildResult Wait(const ChildSpec& spec, int cancelled);

 private:
  Child(pid_t pid, Fd ended, Fd output, Fd errors)
      : pid_(pid), ended_(std::move(ended)), output_(std::move(output)), errors_(std::move(errors)) {}
  void Kill() const {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
  }
  void Reap(ChildResult& result);

  pid_t pid_;
  Fd ended_;  // readable once the child has ended
  Fd output_;
  Fd errors_;
};

Expected<Child> Child::Start(const ChildSpec& spec) {
  auto in = OpenInput(spec.input);
  if (!in) return std::move(in).error();
  auto out = OpenPipe();
  auto err = OpenPipe();
  if (!out || !err) return Error{ErrorKind::Transient, "start " + spec.executable + ": no pipe left"};
  std::vector<std::string> argv{spec.executable};
  argv.insert(argv.end(), spec.arguments.begin(), spec.arguments.end());
  const SpawnSettings settings(*in, *out, *err);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, spec.executable.c_str(), settings.files(), settings.attributes(),
                                Pointers(argv).data(), Pointers(spec.environment).data());
  if (error != 0) return Error{ErrorKind::Transient, "start " + spec.executable + ": " + std::strerror(error)};
  fcntl(out->read.get(), F_SETFL, O_NONBLOCK);
  fcntl(err->read.get(), F_SETFL, O_NONBLOCK);
  return Child(pid, OpenPidFd(pid), std::move(out->read), std::move(err->read));
}

void Child::Reap(ChildResult& result) {
  int status = 0;
  struct rusage usage {};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  result.end = WIFSIGNALED(status) ? ChildResult::End::Signalled : ChildResult::End::Exited;
  result.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  result.usage.max_rss_kib = usage.ru_maxrss;
  const auto cpu = std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  result.usage.cpu = std::chrono::duration_cast<Duration>(cpu);
}

ChildResult Child::Wait(const ChildSpec& spec, int cancelled) {
  const auto until = std::chrono::steady_clock::now() + spec.deadline;
  ChildResult result;
  std::optional<ChildResult::End> killed;
  std::array<pollfd, 4> watched{
      {{ended_.get(), POLLIN, 0}, {cancelled, POLLIN, 0}, {output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}}};
  while (true) {
    const auto left = std::chrono::ceil<Duration>(until - std::chrono::steady_clock::now()).count();
    const int ready = poll(watched.data(), watched.size(), static_cast<int>(std::max<Duration::rep>(left, 0)));
    if (ready < 0 && errno != EINTR) break;
    if (!Drain(output_, result.output, spec.max_output)) watched[2].fd = -1;
    if (!Drain(errors_, result.errors, spec.max_output)) watched[3].fd = -1;
    const bool silent = watched[2].fd < 0 && watched[3].fd < 0;
    if (ready > 0 && watched[0].revents != 0) break;
    if (!ended_ && silent) break;  // a kernel without pidfds: a child that closed its streams is done
    if (ready > 0 && watched[1].revents != 0) killed = ChildResult::End::Cancelled;
    if (ready == 0 && left <= 0) killed = ChildResult::End::TimedOut;
    if (killed) break;
  }
  Kill();  // of a child that has ended by itself, what it left in its group
  Reap(result);
  Drain(output_, result.output, spec.max_output);
  Drain(errors_, result.errors, spec.max_output);
  if (killed) result.end = *killed;
  return result;
}

}  // namespace

Expected<ChildResult> RunChild(const ChildSpec& spec, std::stop_token stop) {
  const Fd cancelled(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!cancelled) return SystemError("open an eventfd");
  const std::stop_callback wake(stop, [&cancelled] { eventfd_write(cancelled.get(), 1); });
  auto child = Child::Start(spec);
  if (!child) return child.error();
  return child->Wait(spec, cancelled.get());
}

}  // namespace tinyforge
