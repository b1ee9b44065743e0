#include "reconcilers/trigger/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/trigger/trigger_manifests.h"

namespace tinyforge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Workload(const std::string& name, const std::string& labels = "", const std::string& more = "") {
  return Manifest("Workload", "name: " + name + ", labels: {" + labels + "}",
                  more.empty() ? "source: {image: {repository: " + name + "}}" : more);
}
std::string Trigger(const std::string& name, const std::string& spec = "registry: {tagPolicy: {semver: \"1.x\"}}") {
  return Manifest("Trigger", "name: " + name, spec);
}
std::string Binding(const std::string& name, const std::string& spec) {
  return Manifest("Binding", "name: " + name, spec);
}

// "trigger: binding > workload", in the table's order.
std::vector<std::string> Routes(const RouteTable& table) {
  std::vector<std::string> lines;
  for (const auto& [trigger, routes] : table.by_trigger)
    for (const Route& route : routes)
      lines.push_back(trigger + ": " + route.binding->key.name + " > " + route.workload->key.name +
                      (route.service.empty() ? "" : "/" + route.service) + (route.decides ? " decides" : ""));
  return lines;
}

// "binding/a Reason field: message"
std::vector<std::string> Problems(const RouteTable& table) {
  std::vector<std::string> lines;
  for (const RouteProblem& problem : table.problems)
    lines.push_back(ToString(problem.object) + " " + problem.reason + " " + problem.diagnostic.field + ": " +
                    problem.diagnostic.message);
  return lines;
}

RouteTable Resolve(const std::string& manifests, std::string_view host = "web1") {
  return ResolveRoutes(ParseManifests(manifests), host);
}

Expected<SourceImages> Services(const v1::Object&) {
  return SourceImages{{"api", ParseImageReference("registry:5000/shop/api:1.4.2")},
                      {"site", std::nullopt},
                      {"web", ParseImageReference("shop/web")}};
}

TEST(RouteTable, ABindingBindsAWorkloadByName) {
  const RouteTable table =
      Resolve(Workload("shop") + Workload("other") + Trigger("t") + Binding("b", "trigger: t, workload: shop"));
  EXPECT_THAT(Routes(table), ElementsAre("t: b > shop decides"));
  EXPECT_THAT(Problems(table), IsEmpty());
  ASSERT_EQ(table.RoutesOf("t").size(), 1u);
  EXPECT_EQ(table.RoutesOf("t").front().binding->key.name, "b");
  EXPECT_THAT(table.RoutesOf("another"), IsEmpty());
}

TEST(RouteTable, OrAllThatHaveTheLabels) {
  const RouteTable table = Resolve(
      Workload("a", "team: web, tier: x") + Workload("b", "team: web") + Workload("c", "team: db, tier: x") +
      Workload("d") + Trigger("t") + Binding("all", "trigger: t, workloadSelector: {matchLabels: {team: web}}") +
      Trigger("nightly", "schedule: {cron: \"@daily\"}") +
      Binding("both", "trigger: nightly, workloadSelector: {matchLabels: {team: web, tier: x}}"));
  EXPECT_THAT(Routes(table), ElementsAre("nightly: both > a", "t: all > a decides", "t: all > b decides"));
  EXPECT_THAT(Problems(table), IsEmpty());
}

TEST(RouteTable, EachBindingHasItsOwnConfiguration) {
  const RouteTable table =
      Resolve(Workload("a") + Workload("b") + Trigger("t") + Binding("one", "trigger: t, workload: a") +
              Binding("two", "trigger: t, workload: b, overrides: {tagPolicy: {semver: 2.x}}"));
  const auto& routes = table.by_trigger.at("t");
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].config->spec.registry->tag_policy->semver, "1.x");
  EXPECT_EQ(routes[1].config->spec.registry->tag_policy->semver, "2.x");
  EXPECT_THAT(routes[1].config->overridden, ElementsAre("tagPolicy"));
}

// --- services of source.compose ---

RouteTable ResolveCompose(const std::string& bindings, const ImageLookup& images = Services) {
  return ResolveRoutes(ParseManifests(Workload("shop", "", "source: {compose: {file: compose.yaml}}") + Trigger("t") +
                                      Trigger("hook", "manual: {}") + bindings),
                       "", images);
}

TEST(RouteTable, ABindingNamesAServiceAndTwoOfOneWorkloadAreIndependent) {
  const RouteTable table = ResolveCompose(Binding("a", "trigger: t, workload: shop, service: api") +
                                          Binding("b", "trigger: t, workload: shop, service: web"));
  EXPECT_THAT(Problems(table), IsEmpty());
  EXPECT_THAT(Routes(table), ElementsAre("t: a > shop/api decides", "t: b > shop/web decides"));
  const v1::ImageSource& api = *table.RoutesOf("t")[0].image;
  EXPECT_EQ(api.repository, "registry:5000/shop/api");
  EXPECT_EQ(api.tag, "1.4.2");
  EXPECT_FALSE(table.RoutesOf("t")[1].image->tag);
}

TEST(RouteTable, TwoPoliciesOfOneServiceAreAConflict) {
  const RouteTable table = ResolveCompose(Trigger("u") + Binding("a", "trigger: t, workload: shop, service: api") +
                                          Binding("b", "trigger: u, workload: shop, service: api"));
  EXPECT_THAT(Routes(table), ElementsAre("t: a > shop/api decides"));
  ASSERT_EQ(table.problems.size(), 1U);
  EXPECT_EQ(table.problems.front().reason, "Conflict");
}

TEST(RouteTable, ABindingThatNamesNoServiceThatItCouldSetSaysWhichThereAre) {
  const auto problem = [](const std::string& spec) {
    return Problems(ResolveCompose(Binding("b", "trigger: t, workload: shop" + spec)));
  };
  EXPECT_THAT(problem(""),
              ElementsAre("binding/b Unfit spec.service: workload/shop has source.compose; say the service "
                          "whose image is meant; its services are api, site, web"));
  EXPECT_THAT(problem(", service: db"),
              ElementsAre("binding/b Unfit spec.service: workload/shop has no service \"db\"; "
                          "its services are api, site, web"));
  EXPECT_THAT(problem(", service: site"),
              ElementsAre("binding/b Unfit spec.service: service site of workload/shop has only a build, and no image "
                          "whose version could be set; its services are api, site, web"));
}

TEST(RouteTable, WhatMakesAnewNeedsNoImage) {
  const RouteTable table = ResolveCompose(Binding("all", "trigger: hook, workload: shop") +
                                          Binding("one", "trigger: hook, workload: shop, service: site"));
  EXPECT_THAT(Problems(table), IsEmpty());
  EXPECT_THAT(Routes(table), ElementsAre("hook: all > shop", "hook: one > shop/site"));
}

TEST(RouteTable, FilesThatCannotBeReadAreTheReason) {
  const auto unread = [](const v1::Object&) -> Expected<SourceImages> {
    return Error{ErrorKind::Terminal, "compose.yaml:3:5: expected a mapping"};
  };
  EXPECT_THAT(Problems(ResolveCompose(Binding("b", "trigger: t, workload: shop, service: api"), unread)),
              ElementsAre("binding/b ServicesUnknown spec.service: the services of workload/shop are not known: "
                          "compose.yaml:3:5: expected a mapping"));
}

TEST(RouteTable, WhatDanglesIsNamed) {
  const RouteTable table = Resolve(Workload("shop") + Trigger("t") + Binding("a", "trigger: none, workload: shop") +
                                   Binding("b", "trigger: t, workload: none") +
                                   Binding("c", "trigger: t, workloadSelector: {matchLabels: {team: none}}") +
                                   Binding("d", "trigger: t, workload: shop"));
  EXPECT_THAT(Routes(table), ElementsAre("t: d > shop decides"));
  EXPECT_THAT(
      Problems(table),
      ElementsAre("binding/a TriggerNotFound spec.trigger: trigger/none does not exist",
                  "binding/b WorkloadNotFound spec.workload: workload/none does not exist",
                  "binding/c NothingSelected spec.workloadSelector: no workload of this host has these labels"));
  EXPECT_EQ(table.problems[0].diagnostic.position.path, "all.yaml");
  EXPECT_GT(table.problems[0].diagnostic.position.line, 1U);
}

TEST(RouteTable, WhatCannotBeReadIsNotCalledMissing) {
  v1::ObjectSet set = ParseManifests(Workload("shop") + Binding("a", "trigger: t, workload: shop"));
  set.broken.push_back({Kind::Trigger, "t"});
  EXPECT_THAT(Problems(ResolveRoutes(set, "web1")),
              ElementsAre("binding/a TriggerNotFound spec.trigger: trigger/t has errors and cannot be used"));
}

TEST(RouteTable, OnePairIsBoundOnce) {
  const RouteTable table = Resolve(Workload("a", "team: web") + Workload("b", "team: web") + Trigger("t") +
                                   Binding("first", "trigger: t, workload: b") +
                                   Binding("second", "trigger: t, workloadSelector: {matchLabels: {team: web}}"));
  EXPECT_THAT(Routes(table), ElementsAre("t: first > b decides", "t: second > a decides"));
  EXPECT_THAT(Problems(table), ElementsAre("binding/second AlreadyBound spec.workloadSelector: workload/b is bound to "
                                           "trigger/t by binding/first already"));
}

TEST(RouteTable, OnePolicyDecides) {
  const std::string base = Workload("prod", "", "source: {image: {repository: shop}}, parent: stage") +
                           Workload("stage") + Trigger("t") + Trigger("p", "promotion: {}") +
                           Trigger("nightly", "schedule: {cron: \"@daily\"}");
  const RouteTable table =
      Resolve(base + Binding("a", "trigger: t, workload: prod") + Binding("b", "trigger: p, workload: prod") +
              Binding("c", "trigger: nightly, workload: prod"));
  EXPECT_THAT(Routes(table), ElementsAre("nightly: c > prod", "t: a > prod decides"));
  EXPECT_THAT(
      Problems(table),
      ElementsAre("binding/b Conflict spec.workload: the version of workload/prod is decided by binding/a; disable "
                  "one of the two or bind them to different workloads"));
  const RouteTable disabled = Resolve(base + Binding("a", "trigger: t, workload: prod, enabled: false") +
                                      Binding("b", "trigger: p, workload: prod"));
  EXPECT_THAT(Routes(disabled), ElementsAre("p: b > prod decides"));
  EXPECT_THAT(Problems(disabled), IsEmpty());
}

TEST(RouteTable, OneWorkloadThatDoesNotFitLeavesTheOthersBound) {
  const RouteTable table =
      Resolve(Workload("a", "team: web") + Workload("b", "team: web", "source: {static: {path: site}}") +
              Workload("c", "team: web") + Trigger("t") +
              Binding("all", "trigger: t, workloadSelector: {matchLabels: {team: web}}"));
  EXPECT_THAT(Routes(table), ElementsAre("t: all > a decides", "t: all > c decides"));
  EXPECT_THAT(Problems(table),
              ElementsAre("binding/all Unfit spec.workloadSelector: workload/b has no source.image, whose "
                          "tag a registry could decide"));
}

TEST(RouteTable, AServiceIsOfACompose) {
  const std::string compose = Workload("stack", "", "source: {compose: {files: [compose.yaml]}}");
  const RouteTable table = ResolveRoutes(ParseManifests(compose + Workload("shop") + Trigger("m", "manual: {}") +
                                                        Binding("a", "trigger: m, workload: stack, service: web") +
                                                        Binding("b", "trigger: m, workload: stack, service: api") +
                                                        Binding("c", "trigger: m, workload: shop, service: web")),
                                         "web1", Services);
  EXPECT_THAT(Routes(table), ElementsAre("m: a > stack/web", "m: b > stack/api"));
  EXPECT_THAT(Problems(table),
              ElementsAre("binding/c Unfit spec.service: workload/shop has no source.compose, so it has no "
                          "service \"web\""));
}

TEST(RouteTable, WrongTriggersAndOverridesAreNamedOnce) {
  const RouteTable table =
      Resolve(Workload("a") + Workload("b") + Trigger("bad", "registry: {tagPolicy: {semver: x.y}}") + Trigger("t") +
              Binding("one", "trigger: bad, workload: a") +
              Binding("two", "trigger: t, workload: b, overrides: {tagPolicy: {regex: \"(\"}}") +
              Binding("three", "trigger: t, workload: a"));
  EXPECT_THAT(Routes(table), ElementsAre("t: three > a decides"));
  ASSERT_EQ(table.problems.size(), 3U);
  EXPECT_EQ(table.problems[0].object, (ObjectKey{Kind::Trigger, "bad"}));
  EXPECT_EQ(table.problems[0].reason, "InvalidTrigger");
  EXPECT_EQ(table.problems[0].diagnostic.field, "spec.registry.tagPolicy.semver");
  EXPECT_EQ(Problems(table)[1], "binding/one TriggerInvalid spec.trigger: trigger/bad is not valid");
  EXPECT_EQ(table.problems[2].object, (ObjectKey{Kind::Binding, "two"}));
  EXPECT_EQ(table.problems[2].reason, "InvalidOverrides");
  EXPECT_EQ(table.problems[2].diagnostic.field, "spec.overrides.tagPolicy.regex");
}

TEST(RouteTable, ADisabledBindingIsCheckedAndDoesNothing) {
  const RouteTable table =
      Resolve(Workload("a") + Trigger("t") + Binding("off", "trigger: t, workload: a, enabled: false") +
              Binding("wrong", "trigger: t, workload: a, enabled: false, overrides: {x: 1}"));
  EXPECT_THAT(Routes(table), IsEmpty());
  ASSERT_EQ(table.problems.size(), 1U);
  EXPECT_EQ(table.problems[0].object.name, "wrong");
}

TEST(RouteTable, OnlyWhatRunsOnThisHostIsServed) {
  const auto here = [](const std::string& host) { return "hosts: [" + host + "], "; };
  const std::string objects = Workload("a", "", here("web1") + "source: {image: {repository: a}}") +
                              Workload("b", "", here("web2") + "source: {image: {repository: b}}") + Trigger("t") +
                              Trigger("there", here("web2") + "manual: {}") +
                              Binding("one", "trigger: t, workload: a") + Binding("two", "trigger: t, workload: b") +
                              Binding("three", here("web2") + "trigger: none, workload: a") +
                              Binding("four", "trigger: there, workload: a");
  EXPECT_THAT(Routes(Resolve(objects, "web1")), ElementsAre("t: one > a decides"));
  EXPECT_THAT(Problems(Resolve(objects, "web1")), IsEmpty());
  EXPECT_THAT(Routes(Resolve(objects, "web2")), ElementsAre("t: two > b decides"));
  EXPECT_THAT(Routes(Resolve(objects, "")),
              UnorderedElementsAre("t: one > a decides", "t: two > b decides", "there: four > a"));
}

TEST(RouteTable, WithoutAHostOnlyBindingsThatMeetSomewhereExcludeEachOther) {
  const auto bound = [](const std::string& trigger, const std::string& hosts, const std::string& workload_hosts = "") {
    return Problems(Resolve(Workload("a", "", workload_hosts + "source: {image: {repository: a}}") + Trigger("t") +
                                Trigger("u") + Binding("one", "hosts: [web1, web2], trigger: t, workload: a") +
                                Binding("two", "hosts: [" + hosts + "], trigger: " + trigger + ", workload: a"),
                            ""));
  };
  EXPECT_THAT(bound("t", "\"db*\""), IsEmpty());
  EXPECT_THAT(bound("u", "\"db*\""), IsEmpty());
  EXPECT_THAT(bound("t", "web2, web3", "hosts: [web1, web3], "), IsEmpty());
  EXPECT_THAT(bound("t", "\"web*\""),
              ElementsAre("binding/two AlreadyBound spec.workload: workload/a is bound to trigger/t by binding/one "
                          "already"));
  EXPECT_THAT(bound("u", "web2"),
              ElementsAre("binding/two Conflict spec.workload: the version of workload/a is decided by binding/one; "
                          "disable one of the two or bind them to different workloads"));
}

TEST(RouteTable, WithoutAHostTheHostsOfTriggersKeepBindingsApartToo) {
  const std::string objects = Workload("a") + Trigger("t", "hosts: [web1], registry: {tagPolicy: {newest: true}}") +
                              Trigger("u", "hosts: [web2], registry: {tagPolicy: {newest: true}}") +
                              Binding("one", "trigger: t, workload: a") + Binding("two", "trigger: u, workload: a");
  EXPECT_THAT(Problems(Resolve(objects, "")), IsEmpty());
  EXPECT_THAT(Routes(Resolve(objects, "")), ElementsAre("t: one > a decides", "u: two > a decides"));
}

}  // namespace
}  // namespace tinyforge
