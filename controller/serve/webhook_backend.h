// What the public listener needs from the controller.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "reconcilers/core/delivery.h"

namespace tinyforge::serve {

// One call as it came. Views live as long as the call of Accept.
struct WebhookCall {
  std::string_view secret;                                        // the last segment of the path, not percent-decoded
  std::function<std::string_view(std::string_view name)> header;  // by name in any case; empty: there is none
  std::string_view body;                                          // raw, at most the limit of the listener
  std::string_view source;                                        // address of the caller, without its port
};

// What is answered at once. Texts are constants of the controller: none holds a byte of the request. Only those of
// Invalid and Busy are shown; NotFound and Unauthorized say always the same.
struct WebhookReceipt {
  enum class Code {
    Accepted,      // 202
    NotFound,      // 404: no trigger has this secret; the same for all that is not served
    Unauthorized,  // 401: a signature is missing or wrong
    Invalid,       // 400: a known vendor's payload that is not what it sends
    Busy           // 503: too much is waiting; come back
  };
  Code code = Code::NotFound;
  std::string reason;     // PascalCase
  std::string message;    // one sentence
  Delivery delivery;      // Accepted: with an outcome for each binding, as far as they are known
  bool repeated = false;  // Accepted: the vendor sent this delivery before; that one is given
};

// Thread-safe.
class WebhookBackend {
 public:
  virtual ~WebhookBackend() = default;
  // Whether a webhook has this secret, in a time that does not depend on which. Asked on the io thread before a body is
  // read, so that nobody else can make the controller hold one.
  virtual bool Knows(std::string_view secret) = 0;
  // Never waits: no registry, no git, no disk. Authentication comes before the body is looked at.
  virtual WebhookReceipt Accept(const WebhookCall& call) = 0;
  // The delivery as it is now; of one that is not known any more just its id.
  virtual Delivery DeliveryOf(const std::string& id) = 0;
  // `done` is called once, from any thread, when the delivery is final; at once when it is, or is not known.
  virtual void AwaitDelivery(const std::string& id, std::function<void()> done) = 0;
};

}  // namespace tinyforge::serve
