// The vendors whose webhooks are understood, one file each. A reader adds the events of a payload to `delivery`, whose
// event and id the headers gave as far as they do.
#pragma once

#include <span>
#include <string_view>

#include "api-types/doc/node.h"
#include "reconcilers/inbound/payload.h"
#include "reconcilers/inbound/webhook.h"

namespace tinyforge::inbound {

void ReadGitHub(const Field& body, WebhookDelivery& delivery);
void ReadGitea(const Field& body, WebhookDelivery& delivery);  // and Forgejo, Gogs
void ReadGitLab(const Field& body, WebhookDelivery& delivery);
void ReadBitbucketCloud(const Field& body, WebhookDelivery& delivery);
void ReadBitbucketServer(const Field& body, WebhookDelivery& delivery);
void ReadNexus(const Field& body, WebhookDelivery& delivery);
void ReadHarbor(const Field& body, WebhookDelivery& delivery);
void ReadDistribution(const Field& body, WebhookDelivery& delivery);  // the Docker registry, and GitLab's
void ReadAzure(const Field& body, WebhookDelivery& delivery);
void ReadDockerHub(const Field& body, WebhookDelivery& delivery);
void ReadQuay(const Field& body, WebhookDelivery& delivery);
void ReadGeneric(const Field& body, WebhookDelivery& delivery);

struct Vendor {
  std::string_view name;
  std::string_view event_header{};  // holds the event's name, and tells the vendor; empty: it sends none
  std::string_view id_header{};     // holds the delivery's id
  bool (*by_header)(const HeaderLookup& header) = nullptr;  // tells the vendor instead
  bool (*by_shape)(const doc::Node& body) = nullptr;
  void (*read)(const Field& body, WebhookDelivery& delivery) = nullptr;
};

// In the order in which they are to be tried, first all by header, then all by shape. The last one fits everything.
std::span<const Vendor> Vendors();

}  // namespace tinyforge::inbound
