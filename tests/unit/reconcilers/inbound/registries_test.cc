// What registries do that surprises, beyond the real payloads in tests/golden/webhooks.
#include <gmock/gmock.h>

#include "tests/unit/reconcilers/inbound/webhook_requests.h"

namespace tinyforge::inbound {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'd');
const Headers kRegistry = {{"Content-Type", "application/vnd.docker.distribution.events.v1+json"}};

std::string RegistryEvent(const std::string& target, const std::string& request = R"({"host":"r.example.com:5000"})") {
  return R"({"id":"e1","action":"push","target":{"repository":"acme/shop",)" + target + R"(},"request":)" + request +
         R"(,"source":{"addr":"machine:5000"}})";
}

TEST(DistributionTest, OneEnvelopeManyRepositories) {
  const std::string manifest =
      R"("mediaType":"application/vnd.oci.image.index.v1+json","tag":"1.0","digest":")" + kDigest + "\"";
  const std::string layer = R"("mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + kDigest + "\"";
  std::string other = RegistryEvent(manifest);
  other.replace(other.find("acme/shop"), 9, "acme/blog");
  const auto delivery =
      Read(kRegistry, R"({"events":[)" + RegistryEvent(layer) + "," + RegistryEvent(manifest) + "," + other + "]}");
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->vendor, "registry");
  EXPECT_EQ(delivery->id, "") << "the ids are the events'";
  EXPECT_THAT(delivery->events,
              ElementsAre(InboundEvent(Ignored{"a part of an image, not its manifest"}),
                          InboundEvent(ImagePushed{"r.example.com:5000", "acme/shop", "1.0", kDigest}),
                          InboundEvent(ImagePushed{"r.example.com:5000", "acme/blog", "1.0", kDigest})));
}

TEST(DistributionTest, WhatIsOfNoConcernIsNoError) {
  for (const char* action : {"pull", "mount", "delete", "rename"}) {
    auto delivery = Read(kRegistry, std::string(R"({"events":[{"action":")") + action + "\"}]}");
    ASSERT_TRUE(delivery) << action;
    EXPECT_TRUE(std::holds_alternative<Ignored>(delivery->events.at(0)));
  }
  ReadOne<Ignored>(kRegistry, R"({"events":[]})");
}

TEST(DistributionTest, AManifestMayHaveNoTag) {
  for (const char* type : {"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
                           "application/vnd.docker.distribution.manifest.list.v2+json"})
    EXPECT_EQ(ReadOne<ImagePushed>(kRegistry, R"({"events":[)" +
                                                  RegistryEvent(std::string(R"("mediaType":")") + type +
                                                                R"(","digest":")" + kDigest + "\"") +
                                                  "]}"),
              (ImagePushed{"r.example.com:5000", "acme/shop", "", kDigest}))
        << type;
}

TEST(DistributionTest, TheHostIsTheClientsNameOfIt) {
  const auto host = [](const std::string& target, const std::string& request) {
    return ReadOne<ImagePushed>(kRegistry, R"({"events":[)" + RegistryEvent(target, request) + "]}").host;
  };
  const std::string url = R"("tag":"1","url":"https://u.example.com:8443/v2/acme/shop/manifests/1")";
  EXPECT_EQ(host(url, R"({"host":"R.example.com"})"), "r.example.com");
  EXPECT_EQ(host(url, "{}"), "u.example.com:8443");
  EXPECT_EQ(host(R"("tag":"1")", "null"), "");
}

TEST(DistributionTest, OneEventGivesItsIdToTheDelivery) {
  EXPECT_EQ(Read(kRegistry, R"({"events":[)" + RegistryEvent(R"("tag":"1")") + "]}")->id, "e1");
}

// A registry would send what is refused for ever: a digest of another kind is dropped as long as there is a tag.
TEST(DistributionTest, AnUnknownDigestIsDropped) {
  const auto image =
      ReadOne<ImagePushed>(kRegistry, R"({"events":[)" + RegistryEvent(R"("tag":"1","digest":"sha512:00")") + "]}");
  EXPECT_EQ(image, (ImagePushed{"r.example.com:5000", "acme/shop", "1", ""}));
}

// Nor is what no manifest can name, which would keep back all that is told with and after it.
TEST(DistributionTest, WhatCannotBeNamedIsIgnored) {
  const std::string good = RegistryEvent(R"("tag":"1")");
  for (const std::string& event : {RegistryEvent(R"("mediaType":"a.manifest.b","digest":"sha512:00")"),
                                   RegistryEvent(R"("tag":"1")", R"({"host":"a_b:5000"})"),
                                   RegistryEvent(R"("tag":"1")", R"({"host":"[fd00::1]:5000"})")}) {
    const auto delivery = Read(kRegistry, R"({"events":[)" + event + "," + good + "]}");
    ASSERT_TRUE(delivery) << delivery.error().message;
    EXPECT_EQ(delivery->events.at(0), InboundEvent(Ignored{"an image that no manifest can name"}));
    EXPECT_TRUE(std::holds_alternative<ImagePushed>(delivery->events.at(1)));
  }
}

TEST(AzureTest, ChartsAndDeletionsAreIgnored) {
  const Headers azure = {{"User-Agent", "AzureContainerRegistry/1.0"}};
  EXPECT_EQ(Read(azure, R"({"id":"a1","action":"chart_push","target":{"name":"x"}})")->id, "a1");
  ReadOne<Ignored>(azure, R"({"action":"chart_push","target":{"name":"x"}})");
  ReadOne<Ignored>(azure, R"({"action":"delete","target":{"repository":"a"}})");
  const std::string untagged = R"({"action":"push","target":{"mediaType":"a.manifest.b","repository":"shop","tag":"",
      "digest":")" + kDigest + R"("},"request":{"host":"acme.azurecr.io"}})";
  EXPECT_EQ(ReadOne<ImagePushed>(azure, untagged), (ImagePushed{"acme.azurecr.io", "shop", "", kDigest}));
  EXPECT_EQ(Read({}, untagged)->vendor, "azure");
}

std::string HarborPush(const std::string& resource) {
  return R"({"type":"PUSH_ARTIFACT","event_data":{"resources":[)" + resource +
         R"(],"repository":{"repo_full_name":"acme/team/shop"}}})";
}

TEST(HarborTest, AnUntaggedPushHasTheDigestForATag) {
  const std::string resource = R"({"digest":")" + kDigest + R"(","tag":")" + kDigest +
                               R"(","resource_url":"localhost/acme/team/shop@)" + kDigest + "\"}";
  EXPECT_EQ(ReadOne<ImagePushed>({}, HarborPush(resource)), (ImagePushed{"localhost", "acme/team/shop", "", kDigest}));
}

TEST(HarborTest, ManyResourcesAndNoHost) {
  auto delivery = Read({}, HarborPush(R"({"tag":"1","digest":"sha256:short"},{"tag":"2",
      "resource_url":"harbor.example.com:8443/acme/team/shop:2"})"));
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_THAT(delivery->events,
              ElementsAre(InboundEvent(ImagePushed{"", "acme/team/shop", "1", ""}),
                          InboundEvent(ImagePushed{"harbor.example.com:8443", "acme/team/shop", "2", ""})));
}

TEST(HarborTest, CloudEvents) {
  const Headers headers = {{"Content-Type", "application/cloudevents+json"}};
  const std::string body =
      R"({"specversion":"1.0","id":"66f5-a1b3","requestid":"1","source":"/projects/2/webhook/policies/1",
      "type":"harbor.artifact.pushed","datacontenttype":"application/json","time":"2023-04-03T06:22:48Z","operator":"admin",
      "data":{"resources":[{"digest":")" +
      kDigest + R"(","tag":"1.0","resource_url":"h.example.com/acme/shop:1.0"}],
      "repository":{"name":"shop","namespace":"acme","repo_full_name":"acme/shop","repo_type":"private"}}})";
  auto delivery = Read(headers, body);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->vendor, "harbor");
  EXPECT_EQ(delivery->event, "harbor.artifact.pushed");
  EXPECT_EQ(delivery->id, "66f5-a1b3");
  EXPECT_THAT(delivery->events, ElementsAre(InboundEvent(ImagePushed{"h.example.com", "acme/shop", "1.0", kDigest})));
  ReadOne<Ignored>(headers, R"({"specversion":"1.0","type":"harbor.scan.completed","data":{}})");
  EXPECT_THAT(ReadError(headers, R"({"specversion":"1.0","type":"harbor.artifact.pushed","data":[]})"),
              HasSubstr("harbor: data: expected a mapping; it is a list"));
  EXPECT_THAT(ReadError(headers, R"({"specversion":"1.0","type":"com.example.other"})"), HasSubstr("generic: "));
}

TEST(HarborTest, OtherEventsAreIgnored) {
  for (const char* type : {"DELETE_ARTIFACT", "SCANNING_COMPLETED", "REPLICATION", "QUOTA_EXCEED"})
    ReadOne<Ignored>({}, std::string(R"({"type":")") + type + R"(","event_data":{}})");
  EXPECT_EQ(
      ReadOne<ImagePushed>({}, R"({"event_type":"pushImage","events":[{"full_name":"prj/repo1","tag":"latest"}]})"),
      (ImagePushed{"", "prj/repo1", "latest", ""}));
}

TEST(DockerHubTest, ChartsAreTold) {
  const auto body = [](const std::string& type) {
    return R"({"push_data":{"tag":"1","media_type":")" + type + R"("},"repository":{"repo_name":"acme/shop"}})";
  };
  for (const char* type :
       {"", "application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json"})
    EXPECT_EQ(ReadOne<ImagePushed>({}, body(type)), (ImagePushed{"docker.io", "acme/shop", "1", ""})) << type;
  ReadOne<Ignored>({}, body("application/vnd.cncf.helm.config.v1+json"));
  ReadOne<Ignored>({}, body("application/vnd.docker.plugin.v1+json"));
}

TEST(DockerHubTest, OfficialImagesAreBelowLibrary) {
  EXPECT_EQ(ReadOne<ImagePushed>({}, R"({"push_data":{"tag":"1"},"repository":{"repo_name":"nginx"}})"),
            (ImagePushed{"docker.io", "library/nginx", "1", ""}));
}

TEST(DockerHubTest, AliyunImitatesIt) {
  const std::string body = R"({"push_data":{"digest":")" + kDigest + R"(","tag":"1"},
      "repository":{"name":"shop","namespace":"acme","region":"cn-hangzhou","repo_full_name":"acme/shop"}})";
  EXPECT_EQ(ReadOne<ImagePushed>({}, body), (ImagePushed{"", "acme/shop", "1", kDigest}));
}

std::string QuayPush(const std::string& url, const std::string& more) {
  return R"({"repository":"acme/shop","docker_url":")" + url + "\"" + more + "}";
}

TEST(QuayTest, TheHostMayHaveAPortOrAScheme) {
  const std::string tags = R"(,"updated_tags":["1"])";
  for (const char* url : {"quay.example.com:8443/acme/shop", "https://quay.example.com:8443/acme/shop"})
    EXPECT_EQ(ReadOne<ImagePushed>({}, QuayPush(url, tags)),
              (ImagePushed{"quay.example.com:8443", "acme/shop", "1", ""}));
  EXPECT_THAT(ReadError({}, QuayPush("shop", tags)), HasSubstr("quay: docker_url: expected an image repository"));
}

TEST(QuayTest, OldVersionsMapTagsToImages) {
  auto delivery = Read({}, QuayPush("quay.io/acme/shop", R"(,"updated_tags":{"a":"b750","b":"b751"})"));
  ASSERT_TRUE(delivery);
  EXPECT_THAT(delivery->events, ElementsAre(InboundEvent(ImagePushed{"quay.io", "acme/shop", "a", ""}),
                                            InboundEvent(ImagePushed{"quay.io", "acme/shop", "b", ""})));
}

TEST(QuayTest, OtherNotificationsAreIgnored) {
  ReadOne<Ignored>({}, QuayPush("quay.io/acme/shop", R"(,"build_id":"x","docker_tags":["latest"])"));
  ReadOne<Ignored>({}, QuayPush("quay.io/acme/shop", R"(,"tags":["latest"],"vulnerability":{"id":"CVE-1"})"));
  EXPECT_THAT(ReadError({}, QuayPush("quay.io/acme/shop", R"(,"updated_tags":["a b"])")),
              HasSubstr("quay: updated_tags: expected an image tag"));
}

Headers Nexus(const char* event) {
  return {{"X-Nexus-Webhook-Id", event}, {"X-Nexus-Webhook-Delivery", "7f4a"}};
}

std::string NexusComponent(const std::string& action, const std::string& format, const std::string& version) {
  return R"({"repositoryName":"docker-hosted","action":")" + action + R"(","component":{"format":")" + format +
         R"(","group":null,"name":"acme/shop","version":")" + version + R"("}})";
}

std::string NexusAsset(const std::string& name) {
  return R"({"repositoryName":"docker-hosted","action":"UPDATED","asset":{"format":"docker","name":")" + name +
         R"("}})";
}

TEST(NexusTest, AComponentIsAnImageOfAnUnknownHost) {
  const Headers headers = Nexus("rm:repository:component");
  const ImagePushed expected{"", "acme/shop", "1.0", ""};
  EXPECT_EQ(ReadOne<ImagePushed>(headers, NexusComponent("CREATED", "docker", "1.0")), expected);
  EXPECT_EQ(ReadOne<ImagePushed>({}, NexusComponent("UPDATED", "docker", "1.0")), expected);
  EXPECT_EQ(Read(headers, NexusComponent("CREATED", "docker", "1.0"))->id, "7f4a");
  EXPECT_EQ(ReadOne<ImagePushed>(headers, NexusComponent("CREATED", "docker", kDigest)).digest, kDigest);
  ReadOne<Ignored>(headers, NexusComponent("DELETED", "docker", "1.0"));
  ReadOne<Ignored>(headers, NexusComponent("CREATED", "npm", "1.0"));
  ReadOne<Ignored>(Nexus("rm:audit"), "{}");
  std::string with_host = NexusComponent("CREATED", "docker", "1.0");
  with_host.replace(with_host.find("acme"), 4, "acme:5000");
  EXPECT_THAT(ReadError(headers, with_host), HasSubstr("nexus: component.name: expected an image repository"));
  EXPECT_THAT(ReadError(headers, R"({"action":"CREATED"})"), HasSubstr("nexus: component.format: expected"));
}

TEST(NexusTest, AnAssetIsAnImageWhenItIsAManifest) {
  const Headers headers = Nexus("rm:repository:asset");
  for (const char* name : {"v2/acme/shop/manifests/1.0", "/v2/acme/shop/manifests/1.0"})
    EXPECT_EQ(ReadOne<ImagePushed>(headers, NexusAsset(name)), (ImagePushed{"", "acme/shop", "1.0", ""}));
  EXPECT_EQ(ReadOne<ImagePushed>(headers, NexusAsset("v2/acme/shop/manifests/" + kDigest)).digest, kDigest);
  for (const std::string& name :
       {"v2/-/blobs/" + kDigest, std::string("v2/manifests/1"), std::string("/"), std::string("v2//manifests/1")}) {
    auto delivery = Read(headers, NexusAsset(name));
    EXPECT_TRUE(!delivery || std::holds_alternative<Ignored>(delivery->events.at(0))) << name;
  }
}

}  // namespace
}  // namespace tinyforge::inbound
