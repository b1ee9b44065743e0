// What git forges do that surprises, beyond the real payloads in tests/golden/webhooks.
#include <gmock/gmock.h>

#include "tests/unit/reconcilers/inbound/webhook_requests.h"

namespace tinyforge::inbound {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

const std::string kOld(40, '1');
const std::string kNew(40, 'a');
const std::string kTagObject(40, 'b');
const std::string kNone(40, '0');

std::string Commit(const std::string& id, const std::string& file) {
  return R"({"id":")" + id + R"(","added":[],"removed":[],"modified":[")" + file + R"("]})";
}

// A push of GitHub's form: what varies comes as further members.
std::string ForgePush(const std::string& ref, const std::string& commits, const std::string& more = "") {
  return R"({"ref":")" + ref + R"(","before":")" + kOld + R"(","after":")" + kNew +
         R"(","repository":{"full_name":"acme/shop","clone_url":"https://git.example.com/acme/shop.git"},"commits":[)" +
         commits + "]" + more + "}";
}

GitPushed ReadPush(const char* header, const std::string& body) {
  return ReadOne<GitPushed>({{header, "push"}}, body);
}

constexpr const char* kGitHub = "X-GitHub-Event";
constexpr const char* kGitea = "X-Gitea-Event";

TEST(ForgePushTest, AllOfABranchPush) {
  const auto push = ReadPush(kGitHub, ForgePush("refs/heads/feature/x", Commit(kOld, "b") + "," + Commit(kNew, "a")));
  EXPECT_EQ(push, (GitPushed{"acme/shop",
                             {"https://git.example.com/acme/shop.git"},
                             GitPushed::Ref::Branch,
                             "feature/x",
                             kNew,
                             std::vector<std::string>{"a", "b"},
                             kOld}));
}

TEST(ForgePushTest, ANewBranchPointedNowhereBefore) {
  std::string body = ForgePush("refs/heads/main", "");
  body.replace(body.find(kOld), kOld.size(), kNone);
  EXPECT_EQ(ReadPush(kGitHub, body).before, "");
}

TEST(ForgePushTest, FilesAreUnknownUnlessAllAreListed) {
  const std::string both = Commit(kOld, "a") + "," + Commit(kNew, "b");
  EXPECT_TRUE(ReadPush(kGitHub, ForgePush("refs/heads/main", both)).files);
  EXPECT_FALSE(ReadPush(kGitHub, ForgePush("refs/heads/main", "")).files) << "a new branch lists no commits";
  EXPECT_FALSE(ReadPush(kGitHub, ForgePush("refs/heads/main", Commit(kOld, "a"))).files) << "the newest is missing";
  EXPECT_FALSE(ReadPush(kGitHub, ForgePush("refs/heads/main", both, R"(,"forced":true)")).files);
  EXPECT_FALSE(ReadPush(kGitHub, ForgePush("refs/heads/main", R"({"id":")" + kNew + R"("})")).files)
      << "commits without files";
  std::string files = "\"f\"";
  for (int i = 0; i < 3000; ++i) files += ",\"f" + std::to_string(i) + "\"";
  EXPECT_FALSE(
      ReadPush(kGitHub, ForgePush("refs/heads/main", R"({"id":")" + kNew + R"(","added":[)" + files + "]}")).files)
      << "no more files of a commit are listed";
}

TEST(ForgePushTest, GiteaCutsTheListOfCommits) {
  std::string commits = Commit(kNew, "a");
  for (int i = 0; i < 4; ++i) commits += "," + Commit(kOld, "b");
  EXPECT_FALSE(ReadPush(kGitea, ForgePush("refs/heads/main", commits)).files);
  EXPECT_FALSE(ReadPush(kGitea, ForgePush("refs/heads/main", commits, R"(,"total_commits":6)")).files);
  EXPECT_THAT(ReadPush(kGitea, ForgePush("refs/heads/main", commits, R"(,"total_commits":5)")).files,
              Optional(ElementsAre("a", "b")));
}

TEST(ForgePushTest, FileNamesMayBeStrange) {
  EXPECT_THAT(ReadPush(kGitHub, ForgePush("refs/heads/main", Commit(kNew, "a\\tb\\nc"))).files,
              Optional(ElementsAre("a\tb\nc")));
}

TEST(ForgePushTest, AnAnnotatedTagGivesItsCommit) {
  const std::string head = R"(,"head_commit":{"id":")" + kTagObject + R"("})";
  for (const char* header : {kGitHub, kGitea}) {
    const auto push = ReadPush(header, ForgePush("refs/tags/v1", "", head));
    EXPECT_EQ(push.ref, GitPushed::Ref::Tag);
    EXPECT_EQ(push.name, "v1");
    EXPECT_EQ(push.commit, kTagObject);
    EXPECT_EQ(ReadPush(header, ForgePush("refs/tags/v1", "", R"(,"head_commit":null)")).commit, kNew);
  }
}

TEST(ForgePushTest, WhatMovesNoBranchOrTagIsIgnored) {
  const auto reason = [](const std::string& body) { return ReadOne<Ignored>({{kGitea, "push"}}, body).reason; };
  const std::string repository = R"("repository":{"full_name":"a/b"})";
  EXPECT_THAT(reason(R"({"ref":"refs/heads/x","after":")" + kNone + "\"," + repository + "}"), HasSubstr("deleted"));
  EXPECT_THAT(reason(R"({"ref":"refs/notes/x","after":")" + kNew + "\"," + repository + "}"), HasSubstr("neither"));
  EXPECT_THAT(reason(R"({"ref":"refs/heads/x","before":")" + kNew + R"(","after":")" + kNew + "\"," + repository + "}"),
              HasSubstr("test"));
}

TEST(ForgePushTest, WhatIsNoRefOrCommitIsRefused) {
  for (const char* ref : {"main", "refs/heads/", "refs/heads/a..b", "refs/heads/a b", "refs/heads//a", "refs/heads/a*"})
    EXPECT_THAT(ReadError({{kGitHub, "push"}}, ForgePush(ref, "")), HasSubstr("github: ref: expected")) << ref;
  std::string body = ForgePush("refs/heads/main", "");
  body.replace(body.find(kNew), 40, "HEAD");
  EXPECT_THAT(ReadError({{kGitHub, "push"}}, body), HasSubstr("github: after: expected a commit"));
}

TEST(GitHubTest, OtherEventsAreIgnored) {
  for (const char* event : {"star", "delete", "workflow_run", "ping", "something new"})
    EXPECT_FALSE(ReadOne<Ignored>({{kGitHub, event}}, "{}").reason.empty()) << event;
}

TEST(GitHubTest, DeliveryAndEventAreTheHeaders) {
  auto delivery = Read({{"x-github-event", "ping"}, {"X-GITHUB-DELIVERY", "72d3162e-cc78"}}, "{}");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->vendor, "github");
  EXPECT_EQ(delivery->event, "ping");
  EXPECT_EQ(delivery->id, "72d3162e-cc78");
}

std::string Package(const std::string& key, const std::string& action, const std::string& package) {
  return R"({"action":")" + action + R"(",")" + key + R"(":{"name":"Shop","owner":{"login":"ACME"},)" + package + "}}";
}

const std::string kDigest = "sha256:" + std::string(64, 'c');

std::string Version(const std::string& tag, const std::string& more) {
  return R"("package_version":{"version":")" + kDigest + R"(","container_metadata":{"tag":{"name":")" + tag +
         R"(","digest":"sha256:config"}})" + more + "}";
}

TEST(GitHubTest, PackagesOfAllYears) {
  const ImagePushed expected{"ghcr.io", "acme/shop", "1.0", kDigest};
  const std::string version = Version("1.0", "");
  for (const char* type : {R"("package_type":"CONTAINER",)", R"("package_type":"container",)",
                           R"("package_type":"docker",)", R"("ecosystem":"CONTAINER",)"}) {
    EXPECT_EQ(ReadOne<ImagePushed>({{kGitHub, "package"}}, Package("package", "published", type + version)), expected);
    EXPECT_EQ(ReadOne<ImagePushed>({{kGitHub, "package_v2"}}, Package("package", "create", type + version)), expected);
    EXPECT_EQ(
        ReadOne<ImagePushed>({{kGitHub, "registry_package"}}, Package("registry_package", "updated", type + version)),
        expected);
  }
}

TEST(GitHubTest, AnEnterpriseServerHasAHostOfItsOwn) {
  const std::string version = Version("1.0", R"(,"package_url":"containers.ghe.example.com/acme/shop:1.0")");
  EXPECT_EQ(ReadOne<ImagePushed>({{kGitHub, "package"}},
                                 Package("package", "published", R"("package_type":"container",)" + version))
                .host,
            "containers.ghe.example.com");
}

TEST(GitHubTest, PackagesThatAreNoTaggedImageAreIgnored) {
  const auto reason = [](const std::string& action, const std::string& package) {
    return ReadOne<Ignored>({{kGitHub, "package"}}, Package("package", action, package)).reason;
  };
  EXPECT_THAT(reason("published", R"("package_type":"npm",)" + Version("1.0", "")), HasSubstr("no container image"));
  EXPECT_THAT(reason("deleted", R"("package_type":"container",)" + Version("1.0", "")), HasSubstr("no publication"));
  EXPECT_THAT(reason("published", R"("package_type":"container",)" + Version("", "")), HasSubstr("without a tag"));
  EXPECT_THAT(ReadError({{kGitHub, "package"}}, R"({"action":"published"})"), HasSubstr("github: package: expected"));
}

TEST(GiteaTest, TheHeadersOfItsForebearsDoNotMislead) {
  Headers headers = {{"X-GitHub-Event", "push"}};
  const std::string body = ForgePush("refs/heads/main", "");
  for (const char* vendor : {"Gogs", "Gitea", "Forgejo"}) {
    headers[std::string("X-") + vendor + "-Event"] = "push";
    std::string name = vendor;
    name[0] = static_cast<char>(name[0] - 'A' + 'a');
    EXPECT_EQ(Read(headers, body)->vendor, name);
  }
}

TEST(GiteaTest, CreateTellsOfTagsAlone) {
  const std::string rest = R"("sha":")" + kNew + R"(","repository":{"full_name":"acme/shop"}})";
  for (const char* ref : {"v1.0", "refs/tags/v1.0"}) {
    const auto push =
        ReadOne<GitPushed>({{kGitea, "create"}}, std::string(R"({"ref_type":"tag","ref":")") + ref + "\"," + rest);
    EXPECT_EQ(push, (GitPushed{"acme/shop", {}, GitPushed::Ref::Tag, "v1.0", kNew, {}}));
  }
  EXPECT_THAT(ReadOne<Ignored>({{kGitea, "create"}}, R"({"ref_type":"branch","ref":"x",)" + rest).reason,
              HasSubstr("push"));
}

std::string GiteaPackage(const std::string& action, const std::string& type, const std::string& version) {
  return R"({"action":")" + action + R"(","repository":null,"package":{"type":")" + type +
         R"(","owner":{"login":"ACME"},"name":"team/shop","version":")" + version +
         R"(","html_url":"https://git.example.com:3000/ACME/-/packages/container/team%2Fshop/1"}})";
}

TEST(GiteaTest, APackageIsServedByTheForgeItself) {
  const Headers headers = {{"X-Forgejo-Event", "package"}};
  EXPECT_EQ(ReadOne<ImagePushed>(headers, GiteaPackage("created", "container", "1.0")),
            (ImagePushed{"git.example.com:3000", "acme/team/shop", "1.0", ""}));
  EXPECT_EQ(ReadOne<ImagePushed>(headers, GiteaPackage("created", "container", kDigest)),
            (ImagePushed{"git.example.com:3000", "acme/team/shop", "", kDigest}));
  ReadOne<Ignored>(headers, GiteaPackage("deleted", "container", "1.0"));
  ReadOne<Ignored>(headers, GiteaPackage("created", "npm", "1.0"));
  EXPECT_THAT(ReadError(headers, GiteaPackage("created", "container", "a b")), HasSubstr("forgejo: package.version:"));
}

std::string GitLabPush(const std::string& members) {
  return R"({"ref":"refs/heads/main","after":")" + kNew +
         R"(","project":{"namespace":"Acme Inc","path_with_namespace":"acme/web/team/shop"},)" + members + "}";
}

TEST(GitLabTest, SystemHooksHaveNoObjectKind) {
  const auto push = ReadOne<GitPushed>({{"X-Gitlab-Event", "System Hook"}}, GitLabPush(R"("event_name":"push")"));
  EXPECT_EQ(push.repository, "acme/web/team/shop");
  EXPECT_EQ(push.name, "main");
  EXPECT_EQ(push.before, "");
  ReadOne<Ignored>({{"X-Gitlab-Event", "System Hook"}}, R"({"event_name":"user_create"})");
  ReadOne<Ignored>({{"X-Gitlab-Event", "Job Hook"}}, R"({"object_kind":"build"})");
}

TEST(GitLabTest, FilesAreKnownWhenTheTotalSaysSo) {
  const auto files = [](const std::string& total) {
    return ReadOne<GitPushed>({{"X-Gitlab-Event", "Push Hook"}},
                              GitLabPush(R"("object_kind":"push","commits":[)" + Commit(kNew, "a") + "]" + total))
        .files;
  };
  EXPECT_THAT(files(R"(,"total_commits_count":1)"), Optional(ElementsAre("a")));
  EXPECT_FALSE(files(R"(,"total_commits_count":2)"));
  EXPECT_FALSE(files(""));
}

TEST(GitLabTest, SaysWhereTheBranchWasBefore) {
  const std::string members = R"("object_kind":"push","before":")" + kOld + "\"";
  EXPECT_EQ(ReadOne<GitPushed>({{"X-Gitlab-Event", "Push Hook"}}, GitLabPush(members)).before, kOld);
}

TEST(GitLabTest, ItsTestButtonSendsWhatIsThere) {
  EXPECT_THAT(ReadOne<Ignored>({{"X-Gitlab-Event", "Push Hook"}},
                               GitLabPush(R"("object_kind":"push","before":")" + kNew + "\""))
                  .reason,
              HasSubstr("test"));
}

TEST(BitbucketCloudTest, ManyChangesAtOnce) {
  const auto change = [](const std::string& type, const std::string& name) {
    return R"({"old":{"target":{"hash":")" + kOld + R"("}},"new":{"type":")" + type + R"(","name":")" + name +
           R"(","target":{"hash":")" + kNew + R"("}}})";
  };
  const std::string body = R"({"repository":{"name":"Shop of Acme","full_name":"acme/shop",
      "links":{"html":{"href":"https://bitbucket.org/acme/shop"}}},"push":{"changes":[)" +
                           change("branch", "main") + "," + change("annotated_tag", "v1") + R"(,{"new":null},)" +
                           change("bookmark", "b") + "]}}";
  auto delivery = Read({{"X-Event-Key", "repo:push"}, {"X-Request-UUID", "ab8f"}}, body);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->vendor, "bitbucket");
  EXPECT_EQ(delivery->id, "ab8f");
  const std::vector<std::string> urls = {"https://bitbucket.org/acme/shop"};
  EXPECT_THAT(delivery->events,
              ElementsAre(InboundEvent(GitPushed{"acme/shop", urls, GitPushed::Ref::Branch, "main", kNew, {}, kOld}),
                          InboundEvent(GitPushed{"acme/shop", urls, GitPushed::Ref::Tag, "v1", kNew, {}, kOld}),
                          InboundEvent(Ignored{"a branch or tag was deleted"}),
                          InboundEvent(Ignored{"neither a branch nor a tag"})));
}

TEST(BitbucketCloudTest, OtherEventsAreIgnored) {
  ReadOne<Ignored>({{"X-Event-Key", "pullrequest:created"}, {"X-Hook-UUID", "{e7d1}"}}, "{}");
  ReadOne<Ignored>({{"X-Event-Key", "repo:push"}}, R"({"repository":{"full_name":"a/b"},"push":{"changes":[]}})");
}

TEST(BitbucketServerTest, PingsDeletionsAndClones) {
  const auto read = [](const char* key, const std::string& body) { return Read({{"X-Event-Key", key}}, body); };
  EXPECT_EQ(read("diagnostics:ping", R"({"test":true})")->vendor, "bitbucket-server");
  EXPECT_TRUE(std::holds_alternative<Ignored>(Read({}, R"({"test":true})")->events.at(0)));
  EXPECT_TRUE(std::holds_alternative<Ignored>(read("pr:merged", "{}")->events.at(0)));
  const std::string body = R"({"repository":{"slug":"shop","project":{"key":"~JOE"},"links":{"clone":[
      {"href":"ssh://git@b.example.com:7999/~joe/shop.git","name":"ssh"}]}},"changes":[
      {"ref":{"id":"refs/heads/old"},"type":"DELETE","toHash":")" +
                           kNone + R"("},
      {"ref":{"id":"refs/heads/main"},"type":"UPDATE","fromHash":")" +
                           kOld + R"(","toHash":")" + kNew + R"("}]})";
  const auto delivery = read("mirror:repo_synchronized", body);
  ASSERT_TRUE(delivery) << delivery.error().message;
  ASSERT_EQ(delivery->events.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Ignored>(delivery->events[0]));
  EXPECT_EQ(std::get<GitPushed>(delivery->events[1]), (GitPushed{"~JOE/shop",
                                                                 {"ssh://git@b.example.com:7999/~joe/shop.git"},
                                                                 GitPushed::Ref::Branch,
                                                                 "main",
                                                                 kNew,
                                                                 {},
                                                                 kOld}));
  EXPECT_THAT(ReadError({{"X-Event-Key", "repo:refs_changed"}}, R"({"changes":[]})"),
              HasSubstr("bitbucket-server: repository.project.key: expected"));
}

}  // namespace
}  // namespace tinyforge::inbound
