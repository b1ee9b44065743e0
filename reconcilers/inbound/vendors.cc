#include "reconcilers/inbound/vendors.h"

#include <array>

namespace tinyforge::inbound {
namespace {

using doc::Node;

template <class... Keys>
bool HasAll(const Node& body, Keys... keys) {
  return (... && (body.Find(keys) != nullptr));
}

bool TextBegins(const Node& body, std::string_view key, std::string_view prefix) {
  const Node* value = body.Find(key);
  return value != nullptr && value->type == doc::Type::String && value->text.starts_with(prefix);
}

// Bitbucket Cloud and Server name the event in the same header.
bool IsBitbucketCloud(const HeaderLookup& header) {
  return header("X-Event-Key") == "repo:push" || !header("X-Hook-UUID").empty();
}

bool IsDistribution(const HeaderLookup& header) {
  return header("Content-Type").starts_with("application/vnd.docker.distribution.events.");
}

bool IsAzure(const HeaderLookup& header) {
  return header("User-Agent").starts_with("AzureContainerRegistry/");
}

bool IsHarborShape(const Node& body) {
  return HasAll(body, "type", "event_data") || HasAll(body, "event_type", "events") ||
         (HasAll(body, "specversion") && TextBegins(body, "type", "harbor."));
}

bool IsGitLabShape(const Node& body) {
  return HasAll(body, "object_kind") || HasAll(body, "event_name", "project");
}

bool IsNexusShape(const Node& body) {
  return HasAll(body, "repositoryName") && (HasAll(body, "component") || HasAll(body, "asset"));
}

bool IsBitbucketServerShape(const Node& body) {
  return HasAll(body, "eventKey") || (HasAll(body, "test") && body.members.size() == 1);
}

// Forgejo sends the headers of Gitea, Gogs and GitHub too, Gitea those of the latter two: hence the order. Harbor's old
// envelope looks like the registry's, Azure's event is one of the registry's alone.
constexpr std::array kVendors = {
    Vendor{.name = "forgejo", .event_header = "X-Forgejo-Event", .id_header = "X-Forgejo-Delivery", .read = ReadGitea},
    Vendor{.name = "gitea", .event_header = "X-Gitea-Event", .id_header = "X-Gitea-Delivery", .read = ReadGitea},
    Vendor{.name = "gogs", .event_header = "X-Gogs-Event", .id_header = "X-Gogs-Delivery", .read = ReadGitea},
    Vendor{.name = "github", .event_header = "X-GitHub-Event", .id_header = "X-GitHub-Delivery", .read = ReadGitHub},
    Vendor{.name = "gitlab",
           .event_header = "X-Gitlab-Event",
           .id_header = "Idempotency-Key",
           .by_shape = IsGitLabShape,
           .read = ReadGitLab},
    Vendor{.name = "bitbucket",
           .event_header = "X-Event-Key",
           .id_header = "X-Request-UUID",
           .by_header = IsBitbucketCloud,
           .by_shape = [](const Node& body) { return HasAll(body, "push", "repository"); },
           .read = ReadBitbucketCloud},
    Vendor{.name = "bitbucket-server",
           .event_header = "X-Event-Key",
           .id_header = "X-Request-Id",
           .by_shape = IsBitbucketServerShape,
           .read = ReadBitbucketServer},
    Vendor{.name = "nexus",
           .event_header = "X-Nexus-Webhook-Id",
           .id_header = "X-Nexus-Webhook-Delivery",
           .by_shape = IsNexusShape,
           .read = ReadNexus},
    Vendor{.name = "harbor", .by_shape = IsHarborShape, .read = ReadHarbor},
    Vendor{.name = "registry",
           .by_header = IsDistribution,
           .by_shape = [](const Node& body) { return HasAll(body, "events"); },
           .read = ReadDistribution},
    Vendor{.name = "azure",
           .by_header = IsAzure,
           .by_shape = [](const Node& body) { return HasAll(body, "action", "target"); },
           .read = ReadAzure},
    Vendor{.name = "dockerhub",
           .by_shape = [](const Node& body) { return HasAll(body, "push_data"); },
           .read = ReadDockerHub},
    Vendor{.name = "quay", .by_shape = [](const Node& body) { return HasAll(body, "docker_url"); }, .read = ReadQuay},
    Vendor{.name = "generic", .by_shape = [](const Node&) { return true; }, .read = ReadGeneric},
};

}  // namespace

std::span<const Vendor> Vendors() {
  return kVendors;
}

}  // namespace tinyforge::inbound
