// git over HTTP and HTTPS, against the real git http-backend.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "tests/integration/git/rig_server.h"

namespace tinyforge {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class GitHttpTest : public GitServerTest {
 protected:
  static std::string AccessLog(const RigServer& server) { return Sh("cat '" + server.Fact("folder") + "/access.log'"); }
};

TEST_F(GitHttpTest, ClonesFollowsAndDownloadsNothingWhileNothingChanged) {
  const RigServer server("");
  const Revision first = PushFile(server, "a.yaml", "one");
  auto repository = Make(HttpOptions(server));
  EXPECT_EQ(Sync(*repository).revision, first);
  EXPECT_FALSE(Sync(*repository, first).changed);
  const Revision second = PushFile(server, "b.yaml", "two");
  const SyncResult result = Sync(*repository, first);
  EXPECT_EQ(result.revision, second);
  EXPECT_THAT(Shown(result.changes), ElementsAre("+b.yaml"));
}

TEST_F(GitHttpTest, BasicAuthenticationByPasswordAndByToken) {
  const RigServer server("--user ci:hunter2");
  const Revision head = PushFile(server, "a.yaml", "one");
  auto options = HttpOptions(server);
  options.auth.username = "ci";
  options.auth.password_file = SecretFile("password", "hunter2\n");
  EXPECT_EQ(Sync(*Make(options)).revision, head);
  options.auth.token_file = std::exchange(options.auth.password_file, "");
  options.state_dir = dir_ / "other";
  EXPECT_EQ(Sync(*Make(options)).revision, head);
}

TEST_F(GitHttpTest, WrongPasswordIsToldOnceAndTheRotatedOneIsPickedUp) {
  const RigServer server("--user ci:hunter2");
  const Revision head = PushFile(server, "a.yaml", "one");
  auto options = HttpOptions(server);
  options.auth.username = "ci";
  options.auth.password_file = SecretFile("password", "swordfish");
  auto repository = Make(options);
  const Error error = SyncError(*repository);
  EXPECT_EQ(repository->Reason(), "Credentials");
  EXPECT_EQ(error.kind, ErrorKind::Waiting);
  EXPECT_THAT(error.message, AllOf(HasSubstr("refused"), Not(HasSubstr("swordfish"))));
  SecretFile("password", "hunter2");
  EXPECT_EQ(Sync(*repository).revision, head);
}

TEST_F(GitHttpTest, MissingCredentialsSayWhatToConfigure) {
  const RigServer server("--user ci:hunter2");
  auto options = HttpOptions(server);
  EXPECT_THAT(SyncError(*Make(options)).message, HasSubstr("no password or token file is configured"));
  options.auth.token_file = "/nonexistent/token";
  EXPECT_THAT(SyncError(*Make(options)).message,
              HasSubstr("cannot read the credentials file /nonexistent/token: No such file"));
  options.auth.token_file = SecretFile("token", "\n");
  EXPECT_THAT(SyncError(*Make(options)).message, HasSubstr("it is empty"));
}

TEST_F(GitHttpTest, RepositoryThatIsNotThere) {
  const RigServer server("");
  auto options = HttpOptions(server);
  options.url = server.Fact("http") + "/nothing.git";
  auto repository = Make(options);
  EXPECT_EQ(SyncError(*repository).kind, ErrorKind::Waiting);
  EXPECT_EQ(repository->Reason(), "NotFound");
}

TEST_F(GitHttpTest, CertificateMustBeTrusted) {
  const RigServer server("--tls");
  const Revision head = PushFile(server, "a.yaml", "one");
  auto options = HttpOptions(server);
  EXPECT_EQ(Sync(*Make(options)).revision, head);
  options.auth.ca_file.clear();
  options.state_dir = dir_ / "other";
  auto repository = Make(options);
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("certificate of localhost is not trusted"));
  EXPECT_EQ(repository->Reason(), "Certificate");
  options.auth.ca_file = "/nonexistent";
  EXPECT_THAT(SyncError(*Make(options)).message, HasSubstr("cannot read the CA file /nonexistent"));
}

TEST_F(GitHttpTest, AddressInACertificateIsNotUnderstoodAndThatIsSaid) {
  const RigServer server("--tls");
  auto options = HttpOptions(server);
  options.url.replace(options.url.find("localhost"), 9, "127.0.0.1");
  auto repository = Make(options);
  EXPECT_THAT(SyncError(*repository).message, HasSubstr("use a DNS name"));
  EXPECT_EQ(repository->Reason(), "Certificate");
}

// Answers every connection with one fixed response and keeps what was asked.
class FixedServer {
 public:
  explicit FixedServer(std::string response)
      : response_(std::move(response)), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~FixedServer() { Stop(); }
  FixedServer(const FixedServer&) = delete;
  FixedServer& operator=(const FixedServer&) = delete;

  int port() const { return port_; }
  // Everything that was received; ends the server.
  std::string Stop() {
    shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    return asked_;
  }

 private:
  void Serve() {
    for (int client = accept(fd_, nullptr, nullptr); client >= 0; client = accept(fd_, nullptr, nullptr)) {
      std::string request;
      std::array<char, 2048> buffer;
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = read(client, buffer.data(), buffer.size());
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
      }
      asked_ += request;
      EXPECT_GE(send(client, response_.data(), response_.size(), MSG_NOSIGNAL), 0);
      close(client);
    }
  }

  std::string response_;
  int fd_;
  int port_ = 0;
  std::string asked_;
  std::jthread thread_;
};

TEST_F(GitHttpTest, RedirectIsNotFollowedAndNoCredentialLeaves) {
  FixedServer thief("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
  const std::string to =
      "http://localhost:" + std::to_string(thief.port()) + "/config.git/info/refs?service=git-upload-pack";
  FixedServer redirecting("HTTP/1.1 302 Found\r\nLocation: " + to +
                          "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  auto options = Options();
  options.url = "http://127.0.0.1:" + std::to_string(redirecting.port()) + "/config.git";
  options.auth.username = "ci";
  options.auth.password_file = SecretFile("password", "hunter2");
  auto repository = Make(options);
  const Error error = SyncError(*repository);
  EXPECT_EQ(repository->Reason(), "Redirected") << error.message;
  EXPECT_THAT(error.message, HasSubstr("configure the final URL"));
  EXPECT_EQ(thief.Stop(), "") << "nobody talked to the other host";
  EXPECT_THAT(redirecting.Stop(), Not(HasSubstr("Authorization")));
}

TEST_F(GitHttpTest, TextOfAHostileServerIsPrintable) {
  FixedServer server("HTTP/1.1 200 OK\r\nContent-Type: \x1b[31mred\r\nContent-Length: 0\r\n\r\n");
  auto options = Options();
  options.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/config.git";
  EXPECT_THAT(SyncError(*Make(options)).message, Not(HasSubstr("\x1b")));
}

TEST_F(GitHttpTest, ServerErrorIsUnreachableAndTransient) {
  FixedServer server("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  auto options = Options();
  options.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/config.git";
  auto repository = Make(options);
  const Error error = SyncError(*repository);
  EXPECT_EQ(error.kind, ErrorKind::Transient);
  EXPECT_EQ(repository->Reason(), "Unreachable");
  EXPECT_THAT(error.message, HasSubstr("503"));
}

}  // namespace
}  // namespace tinyforge
