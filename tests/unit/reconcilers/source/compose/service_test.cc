#include "tests/unit/reconcilers/source/compose/decoding.h"

namespace tinyforge::compose {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;

using ServiceTest = Decoding;

TEST_F(ServiceTest, CommandsAreListsOrLines) {
  EXPECT_EQ(WebService("command: [sh, -c, \"a b\"]"), WebService("command: sh -c 'a b'"));
  EXPECT_EQ(WebService("command:").command, std::nullopt);
  EXPECT_THAT(WebService("command: []").command, Optional(IsEmpty()));
  EXPECT_THAT(WebService("entrypoint: \"\"").entrypoint, Optional(IsEmpty()));
  EXPECT_THAT(WebError("command: \"a 'b\""), HasSubstr("services.web.command: a quote is not closed"));
}

TEST_F(ServiceTest, Process) {
  const Service service = WebService(
      "user: \"1000:1000\"\ngroup_add: [mail, 4]\nworking_dir: /app\nstop_signal: SIGUSR1\nstop_grace_period: 1m30s\n"
      "init: true\ntty: \"true\"\nstdin_open: true\nread_only: true\ncontainer_name: the-web\nattach: false\n"
      "platform: linux/arm64\nruntime: runc");
  EXPECT_EQ(service.user, "1000:1000");
  EXPECT_THAT(service.group_add, ElementsAre("mail", "4"));
  EXPECT_EQ(service.working_dir, "/app");
  EXPECT_EQ(service.stop_signal, "SIGUSR1");
  EXPECT_EQ(service.stop_grace_period, 90s);
  EXPECT_TRUE(service.init.value_or(false) && service.tty && service.stdin_open && service.read_only);
  EXPECT_EQ(service.container_name, "the-web");
  EXPECT_EQ(service.platform, "linux/arm64");
  EXPECT_EQ(service.runtime, "runc");
}

TEST_F(ServiceTest, ANumberIsNoStringAndAStringMayBeANumber) {
  EXPECT_THAT(WebError("user: 1000"), HasSubstr("expected a string, got 1000; put it in quotes: \"1000\""));
  EXPECT_EQ(WebService("scale: \"2\"").replicas, 2);
  EXPECT_THAT(WebError("scale: two"), HasSubstr("expected a whole number from 0 to 100, got \"two\""));
}

TEST_F(ServiceTest, AnEmptyTextSaysAsMuchAsNoKey) {
  EXPECT_EQ(WebService("user: \"\"\nplatform: \"\"\nhostname: \"\"\nnetwork_mode: \"\"\nbuild: {dockerfile: \"\"}"),
            WebService("build: ."));
  EXPECT_THAT(FileError("services: {web: {image: \"\"}}"), HasSubstr("services.web.image: is empty; give it a value"));
}

TEST_F(ServiceTest, ImageAndBuild) {
  EXPECT_THAT(FileError("services: {a: {}}"), HasSubstr("services.a: has neither image nor build"));
  auto project = Decode("services: {a: {build: ./dir}, b: {build: {}}}");
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_EQ(project->services.at("a").build, (Build{.context = "dir"}));
  EXPECT_EQ(project->services.at("b").build, (Build{.context = "."}));
}

TEST_F(ServiceTest, BuildIsChecked) {
  variables = {{"B", "2"}};
  const Service service = WebService(
      "build: {context: \"https://example.com/r.git\", dockerfile: D, target: t, args: [A=1, B, C], labels: {l: 1},"
      " platforms: [linux/amd64], tags: [x], ssh: [default], entitlements: [network.host], privileged: true,"
      " additional_contexts: {x: ../y}, cache_from: [a], no_cache: false, pull: true, shm_size: 1m, network: host,"
      " secrets: [s], ulimits: {nofile: 10}, extra_hosts: [\"a=10.0.0.1\"]}",
      "secrets: {s: {file: ./s}}\n");
  EXPECT_EQ(service.build, (Build{.context = "https://example.com/r.git",
                                  .dockerfile = "D",
                                  .target = "t",
                                  .args = {{"A", "1"}, {"B", "2"}},
                                  .labels = {{"l", "1"}},
                                  .platforms = {"linux/amd64"},
                                  .tags = {"x"}}));
  EXPECT_THAT(WebError("build: {dockerfile: a, dockerfile_inline: b}"), HasSubstr("exclude each other"));
  EXPECT_THAT(WebError("build: {secrets: [t]}"), HasSubstr("the project has no secret \"t\""));
}

TEST_F(ServiceTest, DevelopIsCheckedAndMeansNothing) {
  const std::string watch =
      "develop: {watch: [{path: ./src, action: sync+exec, target: /src, ignore: [a], include: b, initial_sync: true, "
      "exec: {command: make}}]}";
  EXPECT_EQ(WebService(watch), WebService("tty: false"));
  EXPECT_THAT(WebError("develop: {watch: [{path: a, action: snyc}]}"), HasSubstr("did you mean sync?"));
}

TEST_F(ServiceTest, PullPolicies) {
  EXPECT_EQ(WebService("pull_policy: always").pull_policy, PullPolicy::Always);
  EXPECT_EQ(WebService("pull_policy: if_not_present"), WebService("pull_policy: missing"));
  EXPECT_EQ(WebService("pull_policy: build").pull_policy, PullPolicy::Build);
  EXPECT_THAT(WebError("pull_policy: every_12h"), HasSubstr("not supported: nothing is pulled by the clock"));
}

TEST_F(ServiceTest, Rights) {
  const Service service = WebService(
      "privileged: true\ncap_add: [cap_net_admin, ALL]\ncap_drop: [NET_RAW]\nsecurity_opt: "
      "[\"no-new-privileges:true\"]\n"
      "devices: [\"/dev/ttyUSB0:/dev/tty0:rw\", /dev/snd, {source: /dev/a, target: /dev/b, permissions: r}]\n"
      "device_cgroup_rules: [\"c 1:3 mr\"]\nsysctls: [net.core.somaxconn=1024]\ncgroup_parent: m\nuts: host\n"
      "userns_mode: host\ncgroup: private\nipc: shareable\npid: host\nulimits: {nproc: 65535, nofile: {soft: 1, hard: "
      "2}}");
  EXPECT_TRUE(service.privileged);
  EXPECT_THAT(service.capabilities.add, ElementsAre("ALL", "NET_ADMIN"));
  EXPECT_THAT(service.capabilities.drop, ElementsAre("NET_RAW"));
  EXPECT_THAT(service.security_opt, ElementsAre("no-new-privileges:true"));
  EXPECT_THAT(service.devices,
              ElementsAre(v1::Device{"/dev/ttyUSB0", "/dev/tty0", "rw"}, v1::Device{"/dev/snd", "/dev/snd", "rwm"},
                          v1::Device{"/dev/a", "/dev/b", "r"}));
  EXPECT_THAT(service.device_cgroup_rules, ElementsAre("c 1:3 mr"));
  EXPECT_THAT(service.sysctls, ElementsAre(Pair("net.core.somaxconn", "1024")));
  EXPECT_THAT(service.ulimits, ElementsAre(v1::Ulimit{"nofile", 1, 2}, v1::Ulimit{"nproc", 65535, 65535}));
  EXPECT_EQ(service.ipc.kind, NamespaceKind::Shareable);
  EXPECT_EQ(service.pid.kind, NamespaceKind::Host);
  EXPECT_EQ(service.uts + service.userns_mode + service.cgroup + service.cgroup_parent, "hosthostprivatem");
}

TEST_F(ServiceTest, RightsThatAreNone) {
  EXPECT_THAT(WebError("devices: [\"a:/b\"]"), HasSubstr("expected HOST_PATH[:CONTAINER_PATH[:PERMISSIONS]]"));
  EXPECT_THAT(WebError("ulimits: {nofiles: 1}"), HasSubstr("services.web.ulimits.nofiles: is no limit"));
  EXPECT_THAT(WebError("ulimits: {nofile: {soft: 2, hard: 1}}"), HasSubstr("the soft limit is above the hard one"));
  EXPECT_THAT(WebError("ulimits: {nofile: {soft: 2}}"), HasSubstr("needs the key \"hard\""));
  EXPECT_THAT(WebError("sysctls: {somaxconn: 1}"), HasSubstr("expected a kernel parameter"));
}

TEST_F(ServiceTest, LimitsOfTheServiceAndOfDeployMeanTheSame) {
  EXPECT_EQ(WebService("cpus: 0.5\nmem_limit: 50m\npids_limit: 10\nmem_reservation: 20m"),
            WebService("deploy: {resources: {limits: {cpus: \"0.50\", memory: 50M, pids: 10}, reservations: {memory: "
                       "20M}}}"));
  const Resources resources = WebService("cpus: 0.5\nmem_limit: 50m").resources;
  EXPECT_EQ(resources.nano_cpus, 500'000'000);
  EXPECT_EQ(resources.memory, 50 << 20);
  EXPECT_THAT(WebError("mem_limit: 50m\ndeploy: {resources: {limits: {memory: 60m}}}"),
              HasSubstr("services.web.deploy.resources.limits.memory: is not what mem_limit of the service says"));
}

TEST_F(ServiceTest, NoSwapIsOneLimitHoweverItIsWritten) {
  EXPECT_EQ(WebService("mem_limit: 64m\nmemswap_limit: 64m").resources.memory_swap, 64 << 20);
  EXPECT_EQ(WebService("deploy: {resources: {limits: {memory: 64m}}}\nmemswap_limit: 64m").resources.memory_swap,
            64 << 20);
  EXPECT_EQ(WebService("mem_limit: 64m\nmemswap_limit: 65m").resources.memory_swap, 65 << 20);
  EXPECT_EQ(WebService("memswap_limit: -1").resources.memory_swap, 0) << "no bound is what there is without one";
}

TEST_F(ServiceTest, ABoundOnSwapNeedsOneOnMemory) {
  EXPECT_THAT(WebError("memswap_limit: 64m"),
              HasSubstr("compose.yaml:4:20: services.web.memswap_limit: needs mem_limit beside it"));
  EXPECT_THAT(WebError("mem_limit: 64m\nmemswap_limit: 32m"), HasSubstr("memswap_limit: is below mem_limit"));
}

TEST_F(ServiceTest, OtherLimits) {
  const Service service = WebService(
      "mem_limit: 1g\nmemswap_limit: -1\nmem_swappiness: 10\ncpu_shares: 512\ncpu_quota: 50ms\ncpu_period: "
      "100000\ncpuset: 0-3\n"
      "oom_score_adj: -500\noom_kill_disable: true\nshm_size: 64m\nstorage_opt: {size: 1G}");
  const Resources& resources = service.resources;
  EXPECT_EQ(resources.memory_swap, -1);
  EXPECT_EQ(resources.memory_swappiness, 10);
  EXPECT_EQ(resources.cpu_shares, 512);
  EXPECT_EQ(resources.cpu_quota, 50'000);
  EXPECT_EQ(resources.cpu_period, 100'000);
  EXPECT_EQ(resources.cpuset, "0-3");
  EXPECT_EQ(resources.oom_score_adj, -500);
  EXPECT_TRUE(resources.oom_kill_disable);
  EXPECT_EQ(service.shm_size, 64 << 20);
  EXPECT_THAT(service.storage_opt, ElementsAre(Pair("size", "1G")));
}

TEST_F(ServiceTest, LimitsOfBlockDevices) {
  const Resources resources =
      WebService(
          "blkio_config: {weight: 300, weight_device: [{path: /dev/a, weight: 400}],"
          " device_read_bps: [{path: /dev/a, rate: 12mb}], device_write_bps: [{path: /dev/a, rate: 1024}],"
          " device_read_iops: [{path: /dev/a, rate: 120}], device_write_iops: [{path: /dev/a, rate: 30}]}\n"
          "cpu_rt_runtime: 400ms\ncpu_rt_period: 1400us")
          .resources;
  EXPECT_EQ(resources.blkio, (Blkio{.weight = 300,
                                    .weight_devices = {{"/dev/a", 400}},
                                    .read_bps = {{"/dev/a", 12 << 20}},
                                    .write_bps = {{"/dev/a", 1024}},
                                    .read_iops = {{"/dev/a", 120}},
                                    .write_iops = {{"/dev/a", 30}}}));
  EXPECT_EQ(resources.cpu_rt_runtime, 400'000);
  EXPECT_EQ(resources.cpu_rt_period, 1'400);
}

TEST_F(ServiceTest, WhatIsNoLimitOfABlockDeviceIsAnError) {
  EXPECT_THAT(WebError("blkio_config: {weight: 5}"), HasSubstr("services.web.blkio_config.weight"));
  EXPECT_THAT(WebError("blkio_config: {device_read_bps: [{path: sda, rate: 1}]}"),
              HasSubstr("expected the path of a device of the host, such as /dev/sda"));
  EXPECT_THAT(WebError("blkio_config: {device_write_bps: [{path: /dev/sda, rate: 0}]}"),
              HasSubstr("device_write_bps[0].rate: expected more than 0 bytes a second"));
  EXPECT_THAT(WebError("blkio_config: {device_read_iops: [{path: /dev/sda, rate: 1mb}]}"),
              HasSubstr("services.web.blkio_config.device_read_iops[0].rate"));
  EXPECT_THAT(WebError("blkio_config: {weight_device: [{path: /dev/sda}]}"), HasSubstr("needs the key \"weight\""));
}

TEST_F(ServiceTest, SwapIsLimitedWithMemoryOnly) {
  EXPECT_THAT(WebError("memswap_limit: 64m"), HasSubstr("services.web.memswap_limit: needs mem_limit beside it"));
  EXPECT_EQ(WebError("memswap_limit: 64m\ndeploy: {resources: {limits: {memory: 32m}}}"), "(no error)");
  EXPECT_EQ(WebError("memswap_limit: -1"), "(no error)");
}

TEST_F(ServiceTest, Gpus) {
  EXPECT_THAT(WebService("gpus: all").resources.devices,
              ElementsAre(DeviceRequest{.count = -1, .capabilities = {"gpu"}}));
  EXPECT_THAT(WebService("gpus: [{driver: nvidia, count: 2}]").resources.devices,
              ElementsAre(DeviceRequest{.driver = "nvidia", .count = 2, .capabilities = {"gpu"}}));
  EXPECT_THAT(WebService("deploy: {resources: {reservations: {devices: [{capabilities: [gpu], device_ids: [a]}]}}}")
                  .resources.devices,
              ElementsAre(DeviceRequest{.ids = {"a"}, .capabilities = {"gpu"}}));
  EXPECT_THAT(WebError("gpus: [{count: 1, device_ids: [a]}]"), HasSubstr("count and device_ids exclude each other"));
}

TEST_F(ServiceTest, Replicas) {
  EXPECT_EQ(WebService("tty: true").replicas, 1);
  EXPECT_EQ(WebService("scale: 3"), WebService("deploy: {replicas: 3, mode: replicated}"));
  EXPECT_EQ(WebService("deploy: {replicas: 0}").replicas, 0);
  EXPECT_THAT(WebError("scale: 2\ndeploy: {replicas: 3}"), HasSubstr("is not what scale of the service says"));
  EXPECT_THAT(WebError("container_name: one\nscale: 2"), HasSubstr("two containers cannot both have the name"));
  EXPECT_THAT(WebError("deploy: {mode: global}"), HasSubstr("not supported: modes of a Swarm"));
}

TEST_F(ServiceTest, Restart) {
  EXPECT_EQ(WebService("tty: true").restart, Restart{});
  EXPECT_EQ(WebService("restart: no").restart, Restart{});
  EXPECT_EQ(WebService("restart: \"no\"").restart, Restart{});
  EXPECT_EQ(WebService("restart: false").restart, Restart{});
  EXPECT_EQ(WebService("restart: always").restart, Restart{RestartKind::Always});
  EXPECT_EQ(WebService("restart: unless-stopped").restart, Restart{RestartKind::UnlessStopped});
  EXPECT_EQ(WebService("restart: on-failure:3").restart, (Restart{RestartKind::OnFailure, 3}));
  EXPECT_THAT(WebError("restart: on-failure:x"), HasSubstr("expected no, always, unless-stopped, on-failure"));
}

TEST_F(ServiceTest, TheRestartPolicyOfDeployOverrulesRestart) {
  EXPECT_EQ(WebService("restart: no\ndeploy: {restart_policy: {}}").restart, Restart{RestartKind::Always});
  EXPECT_EQ(WebService("deploy: {restart_policy: {condition: none}}").restart, Restart{});
  EXPECT_EQ(WebService("deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}").restart,
            (Restart{RestartKind::OnFailure, 3}));
  EXPECT_THAT(WebError("deploy: {restart_policy: {condition: any, max_attempts: 3}}"),
              HasSubstr("the Engine counts attempts with condition: on-failure only"));
}

TEST_F(ServiceTest, UpdateConfig) {
  const Service service = WebService(
      "deploy: {labels: {a: b}, update_config: {parallelism: 2, order: start-first, failure_action: rollback}}");
  EXPECT_EQ(service.update, (UpdateConfig{.parallelism = 2, .order = UpdateOrder::StartFirst}));
  EXPECT_THAT(WebError("deploy: {update_config: {failure_action: explode}}"), HasSubstr("failure_action"));
}

TEST_F(ServiceTest, Healthchecks) {
  const Service service = WebService(
      "healthcheck: {test: curl -f http://localhost, interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s, "
      "start_interval: 5s}");
  EXPECT_EQ(service.healthcheck, (Healthcheck{.test = {"CMD-SHELL", "curl -f http://localhost"},
                                              .interval = 90s,
                                              .timeout = 10s,
                                              .start_period = 40s,
                                              .start_interval = 5s,
                                              .retries = 3}));
  EXPECT_EQ(WebService("healthcheck: {test: a b}"), WebService("healthcheck: {test: [CMD-SHELL, a b]}"));
  EXPECT_THAT(WebService("healthcheck: {test: [CMD, a, b]}").healthcheck->test, ElementsAre("CMD", "a", "b"));
  EXPECT_EQ(WebService("healthcheck: {test: [NONE]}"), WebService("healthcheck: {disable: true}"));
  EXPECT_THAT(WebError("healthcheck: {test: [curl, a]}"), HasSubstr("a list that begins with CMD, CMD-SHELL or NONE"));
  EXPECT_THAT(WebError("healthcheck: {interval: 5}"),
              HasSubstr("expected a duration such as 30s, 1m30s or 500ms, got 5"));
}

TEST_F(ServiceTest, DependsOn) {
  constexpr std::string_view kDb = "  db: {image: postgres}\n";
  EXPECT_EQ(WebService("depends_on: [db]", kDb), WebService("depends_on: {db: {condition: service_started}}", kDb));
  EXPECT_THAT(
      WebService("depends_on: {db: {condition: service_healthy, restart: true, required: false}}", kDb).depends_on,
      ElementsAre(Pair("db", Dependency{Condition::Healthy, true, false})));
  EXPECT_EQ(
      WebService("depends_on: {db: {condition: service_completed_successfully}}", kDb).depends_on.at("db").condition,
      Condition::CompletedSuccessfully);
  EXPECT_THAT(WebError("depends_on: [bd]", kDb), HasSubstr("the project has no service \"bd\"; did you mean \"db\"?"));
  EXPECT_THAT(WebError("depends_on: [web]"), HasSubstr("a service cannot depend on itself"));
}

TEST_F(ServiceTest, ADependencyThatIsNotRequiredMayBeMissing) {
  EXPECT_THAT(WebService("depends_on: {db: {condition: service_started, required: false}}").depends_on, IsEmpty());
}

TEST_F(ServiceTest, CyclesAreShown) {
  EXPECT_EQ(FileError("services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, links: [c]}\n  c: {image: x, ipc: "
                      "\"service:b\"}\n"),
            "compose.yaml:3:6: services.b: services depend on each other in a cycle: b -> c -> b");
}

TEST_F(ServiceTest, ContainerNamesAreUnique) {
  EXPECT_THAT(FileError("services: {a: {image: x, container_name: cc}, b: {image: x, container_name: cc}}"),
              HasSubstr("services.b.container_name: \"cc\" is the name of a container of service \"a\" too"));
}

TEST_F(ServiceTest, AllProblemsAreToldInTheOrderOfTheFile) {
  EXPECT_EQ(WebError("tty: maybe\ninit: maybe", "volumes: {v: {drvier: a}}"),
            "compose.yaml:4:10: services.web.tty: expected true or false, got \"maybe\"\n"
            "compose.yaml:5:11: services.web.init: expected true or false, got \"maybe\"\n"
            "compose.yaml:6:15: volumes.v.drvier: unknown key; did you mean \"driver\"?");
}

TEST_F(ServiceTest, ManyProblemsAreCounted) {
  std::string file = "services:\n";
  for (int i = 0; i < 30; ++i) file += "  s" + std::to_string(i) + ": {}\n";
  EXPECT_THAT(FileError(file), HasSubstr("\nand 20 more"));
}

// Suggestions are looked for among all services: for as many problems as are told, not for all there are.
TEST_F(ServiceTest, ManyWrongReferencesCostLittle) {
  std::string file = "services:\n";
  for (int i = 0; i < 400; ++i) {
    file += "  service-" + std::to_string(i) + ": {image: x, depends_on: [";
    for (int j = 0; j < 20; ++j) file += (j == 0 ? "servant-" : ", servant-") + std::to_string(20 * i + j);
    file += "]}\n";
  }
  EXPECT_THAT(FileError(file), HasSubstr("\nand 90 more"));
}

TEST_F(ServiceTest, AProjectHasAService) {
  for (const char* file : {"{}", "services: {}", "volumes: {a: {}}"})
    EXPECT_EQ(FileError(file),
              "compose.yaml:1:1: no service is enabled; declare one below services, or enable its profile");
}

TEST_F(ServiceTest, NamesOfServices) {
  EXPECT_THAT(FileError("services: {\"a/b\": {image: x}}"), HasSubstr("expected a name of letters, digits, _ . and -"));
}

TEST_F(ServiceTest, AServiceThatIsNotEnabledIsCheckedAndNotMade) {
  auto parsed = doc::ParseYaml(
      {"debug: {image: x, comand: y, depends_on: {other: {condition: service_started}}}\nother: {image: x}"});
  disabled = std::get<doc::Node>(std::move(parsed));
  EXPECT_THAT(WebError("tty: true"), HasSubstr("services.debug.comand: unknown key; did you mean \"command\"?"));
  disabled.members.front().value.members.erase(disabled.members.front().value.members.begin() + 1);
  const auto project = Decode(Web("tty: true"));
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_EQ(project->services.size(), 1U);
}

TEST_F(ServiceTest, DisableWinsOverATest) {
  EXPECT_TRUE(WebService("healthcheck: {test: curl, disable: true}").healthcheck->disabled);
  EXPECT_EQ(WebService("healthcheck: {test: [], interval: 5s}").healthcheck->test, std::vector<std::string>{});
}

TEST_F(ServiceTest, AnAmountOfTimeIsNeverCut) {
  EXPECT_EQ(WebService("cpu_quota: 12500us").resources.cpu_quota, 12500);
  EXPECT_EQ(WebService("cpu_period: 500us").resources.cpu_period, 500);
  EXPECT_EQ(WebService("cpu_quota: -1").resources.cpu_quota, 0);
  EXPECT_THAT(WebError("cpu_period: 1500ns"), HasSubstr("whole microseconds"));
  EXPECT_THAT(WebError("stop_grace_period: 500us"), HasSubstr("whole milliseconds"));
}

TEST_F(ServiceTest, ABooleanInAStringIsOfAnyCase) {
  for (const std::string_view word : {"True", "YES", "On", "y"})
    EXPECT_TRUE(WebService("tty: \"" + std::string(word) + "\"").tty) << word;
  for (const std::string_view word : {"1", "t", "maybe"})
    EXPECT_THAT(WebError("tty: \"" + std::string(word) + "\""), HasSubstr("expected true or false")) << word;
}

TEST_F(ServiceTest, TheNameOfAVariableIsNotEmptyAndHasNoEqualsSign) {
  EXPECT_THAT(WebError("environment: {\"A=B\": c}"), HasSubstr("the name of a variable has no"));
  EXPECT_THAT(WebError("environment: {\"\": c}"), HasSubstr("the key is empty"));
}

TEST_F(ServiceTest, EmptyNameServersAreLeftOut) {
  EXPECT_EQ(WebService("dns: [\"\", 9.9.9.9]").dns, std::vector<std::string>{"9.9.9.9"});
}

TEST_F(ServiceTest, SecurityOptionsThatTheEngineDoesNotKnowAreErrors) {
  EXPECT_THAT(WebError("security_opt: [\"seccomp=./profile.json\"]"), HasSubstr("a seccomp profile in a file"));
  EXPECT_THAT(WebError("security_opt: [systempaths=unconfined]"), HasSubstr("of the docker command"));
  EXPECT_EQ(WebService("security_opt: [\"seccomp:unconfined\"]").security_opt.size(), 1U);
}

TEST_F(ServiceTest, AProjectHasBounds) {
  std::string many = "services:\n";
  for (int i = 0; i < 501; ++i) many += "  s" + std::to_string(i) + ": {image: x}\n";
  EXPECT_THAT(FileError(many), AllOf(HasSubstr("more than 500 services"), Not(HasSubstr("\n"))));
  std::string scaled = "services:\n";
  for (int i = 0; i < 12; ++i) scaled += "  s" + std::to_string(i) + ": {image: x, scale: 100}\n";
  EXPECT_THAT(FileError(scaled), HasSubstr("more than 1000 containers"));
}

TEST_F(ServiceTest, ALongChainOfDependenciesIsAnOrder) {
  std::string file = "services:\n  s0: {image: x}\n";
  for (int i = 1; i < 400; ++i)
    file += "  s" + std::to_string(i) + ": {image: x, depends_on: [s" + std::to_string(i - 1) + "]}\n";
  EXPECT_EQ(FileError(file), "(no error)");
}

}  // namespace
}  // namespace tinyforge::compose
