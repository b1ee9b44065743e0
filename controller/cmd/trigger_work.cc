#include "controller/cmd/trigger_work.h"

#include <utility>

namespace tinyforge::cmd {

TriggerWork::TriggerWork(TriggerWorkPorts ports, TriggerWorkOptions options)
    : config_(ports.config),
      news_of_(options.news_of),
      registry_(
          ports.secrets, ports.clock,
          {.docker_config = options.registry_config,
           .endpoints = {.plain_http = options.insecure_registries, .token_servers = options.registry_token_servers},
           .on_secret = options.on_secret}),
      service_({ports.config, ports.routes, ports.facts, ports.store, ports.deliveries, registry_, ports.secrets,
                ports.calendar, ports.clock, ports.log, ports.metrics, ports.commits, &ports.refs, &ports.ref_ledger},
               {.on_accepted = options.look_at,
                .on_news = options.news_of,
                .fetch = options.sync,
                .redact = options.redact}),
      door_({ports.config, ports.routes, ports.secrets, ports.ledger, service_, ports.clock},
            {.digest_key = options.digest_key,
             .replace_secret = [&secrets = ports.secrets](
                                   const v1::SecretKeyRef& ref,
                                   std::string_view value) { return secrets.Replace(ref, value); }}),
      api_({ports.config, ports.routes, ports.facts, ports.deliveries, service_, door_}),
      write_back_({ports.config, ports.routes, ports.facts, ports.writer, ports.secrets, ports.clock, ports.log},
                  {.read_only = options.read_only, .on_written = options.sync, .on_news = options.news_of}) {}

void TriggerWork::Start() {
  service_.Start();
  write_back_.Start();
}

void TriggerWork::Stop() {
  write_back_.Stop();
  service_.Stop();
}

void TriggerWork::OnRevision() {
  door_.Refresh();  // before triggers are looked at, which say what is wrong with it
  service_.OnRevision();
  write_back_.Wake();
}

void TriggerWork::OnSecrets() {
  door_.Refresh();
  service_.OnSecrets();
  const auto snapshot = config_.Current();
  if (!snapshot) return;
  for (const auto& [key, object] : snapshot->objects->objects)
    if (key.kind == Kind::Trigger && std::get<v1::TriggerSpec>(object->spec).webhook) news_of_(key);
}

void TriggerWork::OnStatus(const ObjectKey& key, const v1::Status& status) {
  service_.OnStatus(key, status);
  if (key.kind == Kind::Workload) write_back_.OnStatus(key.name, status);
}

Finding TriggerWork::JudgeTrigger(const v1::Object& trigger, const ConfigSnapshot& snapshot) {
  Finding finding = service_.JudgeTrigger(trigger, snapshot);
  const std::string problem = door_.ProblemOf(trigger.key.name);
  if (problem.empty() || finding.ready != ConditionStatus::True) return finding;
  finding.ready = ConditionStatus::False;
  finding.reason = "WebhookNotServed";
  finding.message = problem;
  return finding;
}

Finding TriggerWork::JudgeBinding(const v1::Object& binding, const ConfigSnapshot& snapshot) {
  Finding finding = service_.JudgeBinding(binding, snapshot);
  if (auto written = write_back_.ConditionOf(binding))
    finding.conditions.push_back(std::move(*written));
  else
    finding.absent.push_back(WriteBack::kCondition);
  return finding;
}

}  // namespace tinyforge::cmd
