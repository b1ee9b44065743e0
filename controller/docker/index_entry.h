// What the index knows of one container: as last inspected, what events said since, and since when it is so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api-types/meta/time.h"
#include "controller/docker/container_json.h"

namespace tinyforge::docker {

struct IndexEntry {
  // What signals from outside have done to a container since its start.
  enum class Kill { None, Asked /* to end, or to do something else */, Sent /* SIGKILL and no other */, Done };

  ContainerDetails details;
  Kill kill = Kill::None;
  bool asked_to_end = false;  // by a signal, since its start
  bool dirty = true;
  bool compared = false;  // with the template of its hash, see ObservedContainer::altered
  bool created_here = false;
  std::uint64_t marked = 0;       // step of the last mark
  std::uint64_t inspected = 0;    // step at which the inspect that gave `details` began; 0: never
  std::int64_t inspected_ns = 0;  // the same moment by the wall clock
  SteadyTime inspected_at{};      // and by the steady clock
  std::optional<SteadyTime> running_since;
  SteadyTime attached_since{};
  int last_exit = 0;  // code of the last end that an event told of

  // For an inspect that begins now, as that step.
  static IndexEntry Begin(std::uint64_t step);

  // It may have changed: to be inspected before it is read.
  void Mark(std::uint64_t step);
  // Whether the inspect that gave the entry began after the event happened: then it shows its effect. The Engine is on
  // this host and its clock is ours; a step of that clock since the inspect makes the comparison worthless.
  bool SeenAfter(std::int64_t event_ns) const;
  void NoteSignal(std::string_view signal);
  // Once, for what was killed: it is Killed from then on until it is inspected.
  bool TakeKilled();

  // As known, and with the exit code that an inspect no longer tells once the Engine has restarted it.
  ObservedContainer Known() const;
  // See ObservedContainer::interrupted.
  bool WasInterrupted(const ObservedContainer& container, SysTime watched) const;
  // Completes what was inspected of it with what is known beside that. Events have told of it since `watched`.
  void Recall(ObservedContainer& container, SysTime watched) const;
  // Takes over what an inspect gave, unless a later one is known already; true when it differs from what was known.
  bool Renew(IndexEntry fresh, SysTime watched);
};

}  // namespace tinyforge::docker
