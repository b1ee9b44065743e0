#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using VolumeTest = Decoding;
constexpr std::string_view kData = "volumes: {data: {}}\n";

ServiceVolume Bind(std::string source, std::string target) {
  return {.type = MountType::Bind, .source = std::move(source), .target = std::move(target), .create_host_path = true};
}

TEST_F(VolumeTest, AShortSourceThatIsAPathIsABind) {
  EXPECT_THAT(WebService("volumes: [\"./conf:/etc/web\"]").volumes, ElementsAre(Bind("conf", "/etc/web")));
  EXPECT_THAT(WebService("volumes: [\"../a/./b/:/etc/web/\"]").volumes, ElementsAre(Bind("../a/b", "/etc/web")));
  EXPECT_THAT(WebService("volumes: [\".:/app\"]").volumes, ElementsAre(Bind(".", "/app")));
  EXPECT_THAT(WebService("volumes: [\"/srv//x/../media:/media\"]").volumes, ElementsAre(Bind("/srv/media", "/media")));
}

TEST_F(VolumeTest, AnyOtherIsAVolumeOfTheProject) {
  EXPECT_THAT(WebService("volumes: [\"data:/data\"]", kData).volumes,
              ElementsAre(ServiceVolume{.source = "data", .target = "/data"}));
  EXPECT_THAT(WebError("volumes: [\"dta:/data\"]", kData),
              HasSubstr("the project has no volume \"dta\"; did you mean \"data\"?"));
}

TEST_F(VolumeTest, ATargetAloneIsAnAnonymousVolume) {
  EXPECT_THAT(WebService("volumes: [/data]").volumes, ElementsAre(ServiceVolume{.target = "/data"}));
}

TEST_F(VolumeTest, ShortOptions) {
  EXPECT_TRUE(WebService("volumes: [\"./a:/a:ro\"]").volumes.at(0).read_only);
  EXPECT_FALSE(WebService("volumes: [\"./a:/a:rw\"]").volumes.at(0).read_only);
  EXPECT_EQ(WebService("volumes: [\"./a:/a:ro,z\"]").volumes.at(0).relabel, "z");
  EXPECT_EQ(WebService("volumes: [\"data:/a:Z\"]", kData).volumes.at(0).relabel, "Z");
  EXPECT_EQ(WebService("volumes: [\"./a:/a:rslave\"]").volumes.at(0).propagation, Propagation::RSlave);
  EXPECT_TRUE(WebService("volumes: [\"data:/a:nocopy\"]", kData).volumes.at(0).no_copy);
  EXPECT_EQ(WebService("volumes: [\"./a:/a:cached\"]"), WebService("volumes: [\"./a:/a\"]"));
  EXPECT_THAT(WebError("volumes: [\"./a:/a:r\"]"), HasSubstr("option \"r\" is not known"));
  EXPECT_THAT(WebError("volumes: [\"./a:/a:nocopy\"]"), HasSubstr("nocopy has a meaning for volumes only"));
}

TEST_F(VolumeTest, LongFormsMeanTheSame) {
  EXPECT_EQ(WebService("volumes: [{type: bind, source: ./a, target: /a, read_only: true, consistency: cached,"
                       " bind: {propagation: shared}}]"),
            WebService("volumes: [\"./a:/a:ro,shared\"]"));
  EXPECT_EQ(WebService("volumes: [{type: bind, source: ./a, target: /a, bind: {selinux: Z}}]"),
            WebService("volumes: [\"./a:/a:Z\"]"));
  EXPECT_EQ(WebService("volumes: [{type: volume, source: data, target: /a, volume: {nocopy: true}}]", kData),
            WebService("volumes: [\"data:/a:nocopy\"]", kData));
  EXPECT_EQ(WebService("volumes: [{type: volume, target: /a}]"), WebService("volumes: [/a]"));
}

TEST_F(VolumeTest, WhatCannotBeRelabelledIsAnError) {
  EXPECT_THAT(WebError("volumes: [{type: bind, source: /a, target: /a, bind: {selinux: y}}]"),
              HasSubstr("services.web.volumes[0].bind.selinux"));
  EXPECT_THAT(WebError("volumes: [{type: bind, source: '/a:b', target: /a, bind: {selinux: z}}]"),
              HasSubstr("may have no colon in its source or target"));
  EXPECT_THAT(WebError("volumes: [{type: bind, source: /a, target: /a, bind: {selinux: z, create_host_path: false}}]"),
              HasSubstr("remove create_host_path: false"));
}

TEST_F(VolumeTest, CreateHostPathMayBeForbidden) {
  EXPECT_FALSE(WebService("volumes: [{type: bind, source: /a, target: /a, bind: {create_host_path: false}}]")
                   .volumes.at(0)
                   .create_host_path);
}

TEST_F(VolumeTest, TmpfsAsAVolume) {
  EXPECT_THAT(WebService("volumes: [{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 0o1777}}]").volumes,
              ElementsAre(ServiceVolume{
                  .type = MountType::Tmpfs, .target = "/t", .tmpfs_size = 64 << 20, .tmpfs_mode = 01777}));
  EXPECT_THAT(WebError("volumes: [{type: tmpfs, source: a, target: /t}]"), HasSubstr("a tmpfs has no source"));
}

TEST_F(VolumeTest, TmpfsAsAKey) {
  EXPECT_THAT(WebService("tmpfs: /run").tmpfs, ElementsAre(ServiceVolume{.type = MountType::Tmpfs, .target = "/run"}));
  EXPECT_THAT(
      WebService("tmpfs: [\"/tmp:mode=755,size=1m,ro,noexec,nosuid,nodev\", \"/run:uid=1000,gid=100,exec\"]").tmpfs,
      ElementsAre(
          ServiceVolume{
              .type = MountType::Tmpfs, .target = "/run", .tmpfs_uid = 1000, .tmpfs_gid = 100, .tmpfs_exec = true},
          ServiceVolume{.type = MountType::Tmpfs,
                        .target = "/tmp",
                        .read_only = true,
                        .tmpfs_size = 1 << 20,
                        .tmpfs_mode = 0755}));
}

TEST_F(VolumeTest, OptionsOfTmpfsThatAreNotDoneAreErrors) {
  for (const std::string option : {"suid", "size=much", "mode=9", "uid=root", "gid=-1", "uid=4294967295", "exec=1", ""})
    EXPECT_THAT(WebError("tmpfs: [\"/run:rw," + option + "\"]"),
                HasSubstr("compose.yaml:4:13: services.web.tmpfs[0]: option \"" + option + "\" is not done; expected"))
        << option;
}

TEST_F(VolumeTest, WhatIsNoVolumeIsAnError) {
  EXPECT_THAT(WebError("volumes: [\"a:/b:ro:x\"]"), HasSubstr("expected [SOURCE:]TARGET[:OPTIONS]"));
  EXPECT_THAT(WebError("volumes: [\"a::ro\"]"), HasSubstr("expected [SOURCE:]TARGET[:OPTIONS]"));
  EXPECT_THAT(WebError("volumes: [\"./a:b\"]"), HasSubstr("expected an absolute path in the container other than /"));
  EXPECT_THAT(WebError("volumes: [\"./a:/\"]"), HasSubstr("other than /, got \"/\""));
  EXPECT_THAT(WebError("volumes: [\"~/a:/a\"]"), HasSubstr("~ is the home folder"));
  EXPECT_THAT(WebError("volumes: [{type: bind, target: /a}]"), HasSubstr("needs the key \"source\""));
  EXPECT_THAT(WebError("volumes: [{type: npipe, source: a, target: /a}]"), HasSubstr("not supported: named pipes"));
  EXPECT_THAT(WebError("volumes: [{type: volume, target: /a, bind: {propagation: shared}}]"),
              HasSubstr("services.web.volumes[0].bind: has a meaning with type: bind only"));
}

TEST_F(VolumeTest, OneTargetIsMountedOnce) {
  EXPECT_THAT(WebError("volumes: [/a, \"./b:/a/\"]"),
              HasSubstr("services.web: /a is mounted twice, by volumes; keep one"));
  EXPECT_THAT(WebError("volumes: [/a]\ntmpfs: /a"), HasSubstr("/a is mounted twice, by tmpfs and by volumes"));
}

TEST_F(VolumeTest, Sections) {
  auto project =
      Decode(Web("volumes: [\"a:/a\", \"b:/b\", \"cc:/c\", \"d:/d\", \"e:/e\"]") +
             "volumes:\n  a:\n  b: {name: bee, driver: nfs, driver_opts: {o: 1, device: x}, labels: [k=v]}\n"
             "  cc: {external: true}\n  d: {external: true, name: dee}\n  e: {external: {name: old}}\n  unused:\n");
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_THAT(project->volumes, ElementsAre(Pair("a", Volume{.name = "shop_a"}),
                                            Pair("b", Volume{.name = "bee",
                                                             .driver = "nfs",
                                                             .driver_opts = {{"device", "x"}, {"o", "1"}},
                                                             .labels = {{"k", "v"}}}),
                                            Pair("cc", Volume{.name = "cc", .external = true}),
                                            Pair("d", Volume{.name = "dee", .external = true}),
                                            Pair("e", Volume{.name = "old", .external = true})));
}

TEST_F(VolumeTest, AnExternalOneSaysNothingElse) {
  EXPECT_THAT(WebError("tty: true", "volumes: {a: {external: true, driver: local}}"),
              HasSubstr("volumes.a.driver: has no meaning with external: true"));
}

TEST_F(VolumeTest, TwoVolumesCannotHaveOneName) {
  EXPECT_THAT(WebError("volumes: [\"a:/a\", \"b:/b\"]", "volumes: {a: {name: xx}, b: {name: xx}}"),
              HasSubstr("volumes \"a\" and \"b\" both have the name \"xx\""));
}

}  // namespace
}  // namespace tinyforge::compose
