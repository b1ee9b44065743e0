// A little Engine with its own time: containers with names, states, restart policies, networks and addresses. Behaves
// as the real one where the planner depends on it (taken names, restart policies, stop keeps the container) and records
// every mutating call.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/core/ports.h"

namespace tinyforge {

class FakeEngine : public ContainerReader, public ContainerWriter, public NetworkReader, public ImagePuller {
 public:
  struct Behaviour {
    bool exits = false;  // as soon as it is started
    int exit_code = 1;
    bool cannot_start = false;  // a command that does not exist
    bool refused = false;       // by the world: its host port is held
  };

  // How a container made from this template hash fares; all others run.
  std::map<std::string, Behaviour> behaviour;
  std::map<std::string, std::string> images;            // reference -> id
  std::map<std::string, std::string> pinned;            // id -> "web@sha256:…"; not there: it came from no registry
  std::vector<std::string> calls;                       // "create web", "start web", …
  std::map<std::string, ObservedContainer> containers;  // by id
  std::map<std::string, Duration> running;              // by id
  std::map<std::string, Duration> attached;             // by id; to the same networks
  std::vector<ImageRequest> asked;                      // of the puller
  std::optional<Error> pull_failure;                    // what it answers for an image that is not in `images`
  std::map<std::string, NetworkConfig> networks;        // by name, of those that were made from a config
  std::map<std::string, HookReport> hooks;              // by id
  std::map<std::string, std::string> compose_networks;  // by name: the project that docker compose made it for
  HostSupport host;
  std::function<std::optional<Error>(const std::string& call)> fail;  // injects an error for a call
  std::function<void()> after_call;                                   // for checks of invariants

  // What was killed is gone by the next tick, or only down: as its id has it.
  void Tick(Duration time) {
    for (auto& [id, ran] : running) ran += time;
    for (auto& [id, c] : containers) attached[id] += time;
    for (auto& [id, report] : hooks) {
      if (report.state == HookState::Queued) report.state = HookState::Running;
      report.pause = std::max(report.pause - time, Duration(0));
    }
    std::erase_if(containers, [](const auto& item) {
      return item.second.state == ContainerState::Killed && item.first.back() % 2;
    });
    for (auto& [id, c] : containers)
      if (c.state == ContainerState::Killed) c.state = ContainerState::Exited, c.exit_code = 137;
  }

  ObservedContainer* FindByName(std::string_view name) {
    for (auto& [id, c] : containers)
      if (c.name == name) return &c;
    return nullptr;
  }

  // ContainerReader
  Expected<std::vector<ObservedContainer>> Containers(std::string_view workload) override {
    std::vector<ObservedContainer> found;
    for (const auto& [id, c] : containers)
      if (c.Label(label::kWorkload) == workload) found.push_back(c);
    return found;
  }
  Expected<std::vector<ObservedContainer>> Compared(const DesiredRefs& desired) override {
    return Containers(desired.front()->workload);
  }
  // Their `altered` is what a test says of them.
  Expected<std::vector<ObservedContainer>> OfProject(const std::string& project, const DesiredRefs&) override {
    std::vector<ObservedContainer> found;
    for (const auto& [id, c] : containers)
      if (c.Label("com.docker.compose.project") == project && c.Label(label::kManaged).empty()) found.push_back(c);
    return found;
  }
  std::map<std::string, ContainerAge> Ages(std::string_view) override {
    std::map<std::string, ContainerAge> ages;
    for (const auto& [id, c] : containers) ages[id].attached = attached[id];
    for (const auto& [id, ran] : running) ages[id].running = ran;
    return ages;
  }
  HostSupport Host() override { return host; }
  std::map<std::string, std::string> WritersElsewhere(std::string_view workload,
                                                      const std::set<std::string>&) override {
    std::map<std::string, std::string> writers;
    for (const auto& [id, c] : containers)
      for (const ObservedMount& m : c.mounts)
        if (c.Label(label::kWorkload) != workload && c.state == ContainerState::Running && !m.read_only)
          writers[m.source] = c.name;
    return writers;
  }
  Expected<std::vector<std::string>> FreeAddresses(std::size_t count) override {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < count; ++i) found.push_back("10.213.0." + std::to_string(++last_address_));
    return found;
  }

  // ImagePuller
  ImagePresence Ensure(const ImageRequest& request) override {
    asked.push_back(request);
    auto found = images.find(request.reference);
    if (found != images.end()) return Present(found->second);
    if (request.policy == v1::PullPolicy::Never) return {.failure = Error{ErrorKind::Waiting, "not on this host"}};
    return {.pulling = !pull_failure, .failure = pull_failure};
  }
  bool Retry(const ObjectKey&) override { return std::exchange(pull_failure, std::nullopt).has_value(); }

  ImagePresence Peek(const std::string& reference) override {
    for (const auto& [tag, id] : images)
      if (id == reference) return Present(id);
    auto found = images.find(reference);
    return found == images.end() ? ImagePresence{} : Present(found->second);
  }

  // NetworkReader
  Expected<std::vector<OutdatedNetwork>> Outdated(const std::vector<DesiredNetwork>& wanted,
                                                  std::string_view) override {
    std::vector<OutdatedNetwork> outdated;
    for (const DesiredNetwork& n : wanted) {
      const auto found = networks.find(n.name);
      if (!n.config || found == networks.end() || found->second == *n.config) continue;
      outdated.push_back({.wanted = n, .members = {}});
      for (const auto& [id, c] : containers)
        if (c.networks.contains(n.name)) outdated.back().members.push_back({id, c.name});
    }
    return outdated;
  }

  // ContainerWriter
  Expected<std::string> Create(const CreateRequest& r) override {
    if (auto error = Record("create " + r.name)) return *error;
    if (FindByName(r.name)) return Error{ErrorKind::Conflict, "name " + r.name + " is taken"};
    ObservedContainer c;
    c.id = "id" + std::to_string(++last_id_);
    c.name = r.name;
    c.labels = r.labels;
    c.image = r.image.empty() ? r.spec.image : r.image;
    c.image_id = r.image.starts_with("sha256:") ? r.image : images[r.image.empty() ? r.spec.image : r.image];
    c.created = SysTime(Duration(last_id_));
    c.limits = r.limits;
    c.restart = r.limits.restart;
    c.network_mode = r.spec.network_mode;
    for (const NetworkAttachment& n : r.networks) c.networks[n.network] = EndpointOf(n);
    for (const SharedNamespace& share : r.shares) c.shares.push_back(share.container);
    for (const ObservedMount& m : r.reattach) c.mounts.push_back(m);
    for (const Mount& m : r.spec.mounts) Mounted(c, m);
    const std::string id = c.id;
    containers.emplace(id, std::move(c));
    Done();
    return id;
  }
  Expected<void> Adopt(const AdoptedContainer& adopted) override {
    const auto found = containers.find(adopted.id);
    if (found == containers.end()) return {};
    const auto owner = found->second.Label(label::kWorkload);
    if (!owner.empty() && owner != adopted.labels.at(std::string(label::kWorkload)))
      return Error{ErrorKind::Conflict, "taken over by " + std::string(owner)};
    for (const auto& [key, value] : adopted.labels) found->second.labels.insert_or_assign(key, value);
    found->second.altered.clear();
    return {};
  }
  Expected<void> Start(std::string_view ref) override {
    return Change("start", ref, [&](ObservedContainer& c) {
      const Behaviour& b = behaviour[std::string(c.Label(label::kTemplateHash))];
      if (b.cannot_start) {
        c.exit_code = 127;
        c.error = "exec: not found";
        return Expected<void>(Error{ErrorKind::Terminal, "start " + c.name + ": exec: not found"});
      }
      if (b.refused) {
        c.exit_code = 128;
        c.error = "port is already allocated";
        return Expected<void>(Error{ErrorKind::Waiting, "start " + c.name + ": port is already allocated"});
      }
      SetRunning(c);
      if (b.exits) Exit(c, b.exit_code);
      return Expected<void>();
    });
  }
  Expected<void> Unpause(std::string_view ref) override {
    return Change("unpause", ref, [&](ObservedContainer& c) {
      SetRunning(c);
      return Expected<void>();
    });
  }
  Expected<bool> BeginStop(std::string_view ref) override {
    auto done = Change("stop", ref, [&](ObservedContainer& c) {
      c.state = ContainerState::Exited;
      c.exit_code = 0;
      c.interrupted = true;
      running.erase(c.id);
      return Expected<void>();
    });
    return done ? Expected<bool>(true) : Expected<bool>(std::move(done).error());
  }
  Expected<bool> BeginHooks(std::string_view ref) override {
    auto begun = Change("hooks", ref, [&](ObservedContainer& c) {
      hooks[c.id] = {};
      return Expected<void>();
    });
    return begun ? Expected<bool>(true) : Expected<bool>(std::move(begun).error());
  }
  std::map<std::string, HookReport> HookReports(std::string_view) override { return hooks; }
  void ForgetHooks(std::string_view ref) override { hooks.erase(std::string(ref)); }
  Expected<void> Remove(std::string_view ref) override {
    if (auto error = Record("remove " + NameOf(ref))) return *error;
    ObservedContainer* c = Find(ref);
    if (c && c->state == ContainerState::Running)
      return Error{ErrorKind::Conflict, "cannot remove a running container"};
    if (c) running.erase(c->id), containers.erase(std::string(c->id));
    Done();
    return {};
  }
  Expected<void> Rename(std::string_view ref, std::string_view name) override {
    if (FindByName(name)) return Error{ErrorKind::Conflict, "name " + std::string(name) + " is taken"};
    return Change("rename", ref, [&](ObservedContainer& c) {
      c.name = name;
      return Expected<void>();
    });
  }
  Expected<void> Update(std::string_view ref, const Limits& limits) override {
    return Change("update", ref, [&](ObservedContainer& c) {
      if (limits.memory) c.limits.memory = limits.memory;
      if (limits.nano_cpus) c.limits.nano_cpus = limits.nano_cpus;
      c.limits.restart = limits.restart;
      c.limits.max_attempts = limits.max_attempts;
      c.limits.unless_stopped = limits.unless_stopped;
      if (limits.memory) c.limits.memory_swap = limits.memory_swap;
      if (limits.memory_reservation) c.limits.memory_reservation = limits.memory_reservation;
      if (limits.pids) c.limits.pids = std::max<std::int64_t>(limits.pids, 0);
      if (limits.cpu_shares) c.limits.cpu_shares = limits.cpu_shares;
      if (!limits.cpuset.empty()) c.limits.cpuset = limits.cpuset;
      c.restart = limits.restart;
      return Expected<void>();
    });
  }
  Expected<void> DisableRestart(std::string_view ref) override {
    return Change("no-restart", ref, [&](ObservedContainer& c) {
      c.restart = v1::RestartPolicy::Never;
      c.limits.max_attempts = 0;
      c.limits.unless_stopped = false;
      if (c.state == ContainerState::Restarting) c.state = ContainerState::Exited;
      return Expected<void>();
    });
  }
  Expected<void> Signal(std::string_view ref, std::string_view signal) override {
    return Change(signal == "KILL" ? "kill" : "signal", ref, [&](ObservedContainer& c) {
      if (signal == "KILL") Exit(c, 137), c.interrupted = true;
      return Expected<void>();
    });
  }
  Expected<void> Connect(std::string_view ref, const NetworkAttachment& n) override {
    if (gone_networks_.contains(n.network)) return Error{ErrorKind::Waiting, "no network " + n.network};
    return Change("connect", ref, [&](ObservedContainer& c) {
      c.networks[n.network] = EndpointOf(n);
      attached[c.id] = Duration(0);
      return Expected<void>();
    });
  }
  Expected<void> Disconnect(std::string_view ref, std::string_view network) override {
    return Change("disconnect", ref, [&](ObservedContainer& c) {
      c.networks.erase(std::string(network));
      return Expected<void>();
    });
  }
  Expected<bool> EnsureNetwork(const DesiredNetwork& n, std::string_view) override {
    if (const auto found = compose_networks.find(n.name); found != compose_networks.end()) {
      if (found->second == n.adopted_from) return false;
      return Error{ErrorKind::Conflict, "network " + n.name + " was not created by this controller"};
    }
    if (!n.config || !networks.try_emplace(n.name, *n.config).second) return false;
    gone_networks_.erase(n.name);
    Done();
    return true;
  }
  Expected<bool> RemakeNetwork(const DesiredNetwork& n, std::string_view) override {
    if (auto error = Record("remake " + n.name)) return *error;
    for (const auto& [id, c] : containers)
      if (c.networks.contains(n.name)) return Error{ErrorKind::Conflict, c.name + " is on it"};
    networks.erase(n.name);
    gone_networks_.insert(n.name);
    Done();
    return EnsureNetwork(n, {});
  }
  Expected<bool> EnsureVolume(const DesiredVolume&, std::string_view) override { return false; }
  Expected<bool> RemoveNetwork(std::string_view) override { return false; }

  static ObservedEndpoint EndpointOf(const NetworkAttachment& n) {
    return {.aliases = n.aliases,
            .address = "",
            .static_address = n.address.value_or(""),
            .static_ipv6 = n.ipv6_address,
            .link_local_ips = n.link_local_ips,
            .mac_address = n.mac_address,
            .driver_opts = n.driver_opts};
  }

  void SetRunning(ObservedContainer& c) {
    c.state = ContainerState::Running;
    c.started = SysTime(Duration(++last_start_));
    c.interrupted = false;
    running[c.id] = Duration(0);
  }

 private:
  // An anonymous volume is made unless one is taken over.
  void Mounted(ObservedContainer& c, const Mount& m) {
    const bool anonymous = m.type == MountType::Volume && m.source.empty();
    const bool taken = std::ranges::any_of(c.mounts, [&](const ObservedMount& o) { return o.target == m.target; });
    if (anonymous && taken) return;
    const std::string made = std::string(56, '0') + std::to_string(10'000'000 + last_id_);
    c.mounts.push_back({m.type, anonymous ? made : m.source, m.target, m.read_only});
  }
  ImagePresence Present(const std::string& id) const {
    const auto found = pinned.find(id);
    return {.id = id, .pinned = found == pinned.end() ? "" : found->second};
  }
  ObservedContainer* Find(std::string_view ref) {
    auto found = containers.find(std::string(ref));
    return found != containers.end() ? &found->second : FindByName(ref);
  }
  std::string NameOf(std::string_view ref) {
    const ObservedContainer* c = Find(ref);
    return c ? c->name : std::string(ref);
  }
  void Exit(ObservedContainer& c, int code) {
    running.erase(c.id);
    c.exit_code = code;
    const bool again =
        c.restart == v1::RestartPolicy::Always || (c.restart == v1::RestartPolicy::OnFailure && code != 0);
    c.state = again ? ContainerState::Restarting : ContainerState::Exited;
    if (again) ++c.restart_count;
  }
  std::optional<Error> Record(const std::string& call) {
    calls.push_back(call);
    return fail ? fail(call) : std::nullopt;
  }
  void Done() {
    if (after_call) after_call();
  }
  template <class F>
  Expected<void> Change(std::string_view verb, std::string_view ref, F&& change) {
    if (auto error = Record(std::string(verb) + " " + NameOf(ref))) return *error;
    ObservedContainer* c = Find(ref);
    if (!c) return Error{ErrorKind::NotFound, "no container " + std::string(ref)};
    auto result = change(*c);
    Done();
    return result;
  }

  std::set<std::string> gone_networks_;
  int last_id_ = 0;
  int last_start_ = 0;
  int last_address_ = 1;
};

class FakeFiles : public FileMaterializer {
 public:
  Expected<void> Write(const std::vector<DesiredFile>&) override { return {}; }
  Expected<void> Confirm(const std::vector<DesiredFile>& files) override {
    for (const DesiredFile& file : files) written[file.host_path] = file.content_hash;
    return {};
  }
  Expected<void> EnsureDirectories(const std::vector<DesiredDirectory>&) override { return {}; }
  std::string WrittenHash(const DesiredFile& file) override {
    auto found = written.find(file.host_path);
    return found == written.end() ? "" : found->second;
  }
  std::map<std::string, std::string> written;
};

class FakeHealth : public HealthView {
 public:
  std::map<std::string, ProbeReport> Watch(const std::string&, std::vector<ProbeTarget> wanted) override {
    targets = std::move(wanted);
    return reports;
  }
  std::map<std::string, ProbeReport> Peek(const std::string&) override { return reports; }
  std::vector<ProbeTarget> targets;
  std::map<std::string, ProbeReport> reports;  // by container id
};

class FakeCalendar : public Calendar {
 public:
  Expected<v1::CivilMinute> At(SysTime, const std::string&) override { return local; }
  v1::CivilMinute local;
};

class FakeLogs : public LogReader {
 public:
  std::string LastLines(std::string_view, std::size_t) override { return "panic: no configuration"; }
};

class FakeFacts : public FactStore {
 public:
  Expected<Facts> Load(std::string_view workload) override { return facts[std::string(workload)]; }
  Expected<void> Update(std::string_view workload, const Change& change) override {
    change(facts[std::string(workload)]);
    return {};
  }
  Expected<std::map<std::string, Facts>> All() override { return facts; }
  Expected<std::string> Damaged() override { return damaged; }
  std::string damaged;
  std::map<std::string, Facts> facts;
};

}  // namespace tinyforge
