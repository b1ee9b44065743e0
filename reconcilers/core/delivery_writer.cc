#include <algorithm>
#include <utility>

#include "api-types/doc/json.h"
#include "reconcilers/core/delivery_json.h"

namespace tinyforge {
namespace {

// Writes canonical JSON straight away. The keys of a mapping are to be given in order of their bytes.
class Writer {
 public:
  std::string Take() { return std::move(out_); }

  void Begin(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void End(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  // What comes next is an element of a list, or a key of a mapping.
  void Next() {
    if (!std::exchange(first_, false)) out_ += ',';
  }
  void Key(std::string_view key) {
    Next();
    doc::AppendJsonString(key, out_);
    out_ += ':';
  }
  void Item(std::string_view text) {
    Next();
    doc::AppendJsonString(text, out_);
  }
  void Entry(std::string_view key, std::string_view text) {
    Key(key);
    doc::AppendJsonString(text, out_);
  }
  // What is empty is left out.
  void Text(std::string_view key, std::string_view text) {
    if (!text.empty()) Entry(key, text);
  }
  // The epoch is "never".
  void Time(std::string_view key, SysTime time) {
    if (time == SysTime{}) return;
    if (time != last_time_) last_text_ = FormatRfc3339(time);
    last_time_ = time;
    Text(key, last_text_);
  }
  void Texts(std::string_view key, const std::vector<std::string>& texts) {
    Key(key);
    Begin('[');
    for (const std::string& text : texts) Item(text);
    End(']');
  }

 private:
  std::string out_;
  bool first_ = true;
  SysTime last_time_{};  // outcomes often have one time
  std::string last_text_;
};

void WriteFields(Writer& out, const ImagePushed& event) {
  out.Text("digest", event.digest);
  out.Text("host", event.host);
  out.Text("path", event.path);
  out.Text("tag", event.tag);
  out.Text("type", "ImagePushed");
}

void WriteFields(Writer& out, const GitPushed& event) {
  out.Text("before", event.before);
  out.Text("commit", event.commit);
  if (event.files) out.Texts("files", *event.files);
  out.Text("name", event.name);
  out.Text("ref", event.ref == GitPushed::Ref::Tag ? "tag" : "branch");
  out.Text("repository", event.repository);
  out.Text("type", "GitPushed");
  if (!event.urls.empty()) out.Texts("urls", event.urls);
}

void WriteFields(Writer& out, const Fired&) {
  out.Text("type", "Fired");
}

void WriteFields(Writer& out, const Ignored& event) {
  out.Text("reason", event.reason);
  out.Text("type", "Ignored");
}

void Write(Writer& out, const InboundEvent& event) {
  out.Begin('{');
  std::visit([&](const auto& what) { WriteFields(out, what); }, event);
  out.End('}');
}

void Write(Writer& out, const DeliveryOutcome& outcome) {
  out.Begin('{');
  out.Time("at", outcome.at);
  out.Text("binding", outcome.binding);
  out.Text("message", outcome.message.str());
  out.Text("result", ToString(outcome.result));
  out.Text("service", outcome.service);
  out.Text("workload", outcome.workload);
  out.End('}');
}

void WriteOutcomes(Writer& out, const std::vector<DeliveryOutcome>& outcomes) {
  for (const DeliveryOutcome& outcome : outcomes) out.Next(), Write(out, outcome);
}

bool IsSameFate(const DeliveryOutcome& a, const DeliveryOutcome& b) {
  return a.result == b.result && a.at == b.at && a.message == b.message;
}

// Those one after the other that came to the same are one.
void WriteRuns(Writer& out, const std::vector<DeliveryOutcome>& outcomes) {
  for (auto run = outcomes.begin(); run != outcomes.end();) {
    const auto end = std::find_if_not(run, outcomes.end(), [&](const auto& next) { return IsSameFate(*run, next); });
    out.Next();
    out.Begin('{');
    out.Time("at", run->at);
    out.Text("message", run->message.str());
    out.Key("of");
    out.Begin('[');
    for (auto outcome = run; outcome != end; ++outcome) {
      out.Next();
      out.Begin('[');
      out.Item(outcome->binding);
      out.Item(outcome->workload);
      if (!outcome->service.empty()) out.Item(outcome->service);
      out.End(']');
    }
    out.End(']');
    out.Text("result", ToString(run->result));
    out.End('}');
    run = end;
  }
}

void WriteHeaders(Writer& out, const StringMap& headers) {
  if (headers.empty()) return;
  out.Key("headers");
  out.Begin('{');
  for (const auto& [name, value] : headers) {
    out.Entry(name, value);
  }
  out.End('}');
}

using OutcomeWriter = void (*)(Writer& out, const std::vector<DeliveryOutcome>& outcomes);

std::string Write(const Delivery& delivery, OutcomeWriter write_outcomes) {
  Writer out;
  out.Begin('{');
  out.Text("cause", delivery.cause);
  out.Time("ended", delivery.ended);
  out.Text("event", delivery.event);
  if (!delivery.events.empty()) {
    out.Key("events");
    out.Begin('[');
    for (const InboundEvent& event : delivery.events) out.Next(), Write(out, event);
    out.End(']');
  }
  WriteHeaders(out, delivery.headers);
  out.Text("id", delivery.id);
  if (!delivery.outcomes.empty()) {
    out.Key("outcomes");
    out.Begin('[');
    write_outcomes(out, delivery.outcomes);
    out.End(']');
  }
  out.Time("received", delivery.received);
  out.Text("replayOf", delivery.replay_of);
  out.Text("secret", delivery.secret);
  out.Text("source", delivery.source);
  out.Text("trigger", delivery.trigger);
  out.Text("vendor", delivery.vendor);
  out.Text("vendorId", delivery.vendor_id);
  out.End('}');
  return out.Take();
}

}  // namespace

std::string EncodeDelivery(const Delivery& delivery) {
  return Write(delivery, WriteOutcomes);
}

std::string PackDelivery(const Delivery& delivery) {
  return Write(delivery, WriteRuns);
}

std::string EncodeEvent(const InboundEvent& event) {
  Writer out;
  Write(out, event);
  return out.Take();
}

}  // namespace tinyforge
