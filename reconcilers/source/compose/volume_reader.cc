#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "reconcilers/source/compose/mapping.h"
#include "reconcilers/source/compose/paths.h"
#include "reconcilers/source/compose/service_readers.h"
#include "reconcilers/source/compose/units.h"

namespace tinyforge::compose {
namespace {

constexpr std::string_view kShortForm = "[SOURCE:]TARGET[:OPTIONS]";
constexpr std::array<std::string_view, 6> kPropagations = {"private", "rprivate", "shared",
                                                           "rshared", "slave",    "rslave"};
constexpr std::array<std::string_view, 2> kLabels = {"z", "Z"};
constexpr std::array<std::string_view, 4> kConsistencies = {"consistent", "cached", "delegated", "default"};

std::optional<Propagation> FindPropagation(std::string_view word) {
  for (std::size_t i = 0; i < kPropagations.size(); ++i)
    if (kPropagations[i] == word) return static_cast<Propagation>(i + 1);
  return std::nullopt;
}

bool IsPath(std::string_view source) {
  return source.starts_with('.') || source.starts_with('/') || source.starts_with('~');
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool ApplyOption(std::string_view option, ServiceVolume& out) {
  const auto propagation = FindPropagation(option);
  if (option == "ro" || option == "rw") {
    out.read_only = option == "ro";
    out.writable = option == "rw";
  } else if (option == "nocopy") {
    out.no_copy = true;
  } else if (option == "z" || option == "Z") {
    out.relabel = option;
  } else if (propagation) {
    out.propagation = *propagation;
  } else {
    return std::find(kConsistencies.begin(), kConsistencies.end(), option) != kConsistencies.end();
  }
  return true;
}

void ReadShortOptions(const Value& item, std::string_view text, ServiceVolume& out) {
  for (const std::string_view option : Split(text, ',')) {
    if (!ApplyOption(option, out))
      item.Fail("option " + Quoted(option) +
                " is not known; known: ro, rw, z, Z, nocopy, [r]private, [r]shared, [r]slave");
  }
}

// Options that do not fit the type.
void CheckOptions(const Value& value, const ServiceVolume& volume) {
  if (volume.no_copy && (volume.type != MountType::Volume))
    value.Fail("nocopy has a meaning for volumes only, and this is a path");
  if (volume.propagation != Propagation::Default && volume.type != MountType::Bind)
    value.Fail("propagation has a meaning for paths of the host only, and this is a volume");
  if (!volume.relabel.empty() && (volume.source + volume.target).find(':') != std::string::npos)
    value.Fail("what is relabelled for SELinux may have no colon in its source or target");
}

bool FillSource(const Value& value, std::string_view source, const Names& names, ServiceVolume& out) {
  if (out.type == MountType::Bind) {
    auto path = ReadSourcePath(value, source);
    if (path) out.source = *std::move(path);
    return path.has_value();
  }
  out.source = source;
  return source.empty() || CheckName(value, source, names.volumes, "volume");
}

std::optional<ServiceVolume> ReadShort(const Value& item, const Names& names) {
  const auto text = item.Word();
  if (!text) return std::nullopt;
  const std::vector<std::string_view> parts = Split(*text, ':');
  ServiceVolume volume;
  const bool empty = std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); });
  if (parts.size() > 3 || empty) {
    item.Mismatch(kShortForm);
    return std::nullopt;
  }
  const std::string_view source = parts.size() == 1 ? std::string_view() : parts[0];
  volume.type = IsPath(source) ? MountType::Bind : MountType::Volume;
  volume.create_host_path = volume.type == MountType::Bind;
  auto target = ReadTarget(item, parts.size() == 1 ? parts[0] : parts[1]);
  if (!target || !FillSource(item, source, names, volume)) return std::nullopt;
  volume.target = *std::move(target);
  if (parts.size() == 3) ReadShortOptions(item, parts[2], volume);
  CheckOptions(item, volume);
  return volume;
}

std::optional<MountType> ReadType(const Value& value) {
  constexpr std::array kTypes = {MountType::Bind, MountType::Volume, MountType::Tmpfs};
  const auto index = value.OneOf({"bind", "volume", "tmpfs", "image", "cluster", "npipe"});
  if (!index) return std::nullopt;
  if (*index < kTypes.size()) return kTypes[*index];
  value.Fail(*index == 3   ? "not supported: an image as a volume needs Engine 28"
             : *index == 4 ? "not supported: volumes of a cluster are Swarm's"
                           : "not supported: named pipes are for Windows containers");
  return std::nullopt;
}

void ReadBind(const Value& value, ServiceVolume& out) {
  const Section keys(value, "services.*.volumes[].bind");
  keys.Take("create_host_path", out.create_host_path, &Value::Boolean);
  keys.Take("propagation", out.propagation, [](const Value& v) -> std::optional<Propagation> {
    const auto index = v.OneOf({kPropagations.begin(), kPropagations.end()});
    return index ? std::optional(static_cast<Propagation>(*index + 1)) : std::nullopt;
  });
  const auto selinux = keys.Find("selinux");
  if (const auto index = selinux ? selinux->OneOf({kLabels.begin(), kLabels.end()}) : std::nullopt)
    out.relabel = kLabels.at(*index);
  if (!out.relabel.empty() && !out.create_host_path)
    selinux->Fail("is done by what makes a folder where the source is missing; remove create_host_path: false");
}

void ReadTmpfsOptions(const Value& value, ServiceVolume& out) {
  const Section keys(value, "services.*.volumes[].tmpfs");
  keys.Take("size", out.tmpfs_size, &Value::Bytes);
  keys.Take("mode", out.tmpfs_mode, &Value::Mode);
}

void ReadVolumeOptions(const Value& value, ServiceVolume& out) {
  Section(value, "services.*.volumes[].volume").Take("nocopy", out.no_copy, &Value::Boolean);
}

// The mappings of options, of which the one that the type names may be there.
void ReadTypeOptions(const Section& keys, std::optional<MountType> type, ServiceVolume& out) {
  struct Options {
    std::string_view key;
    MountType type;
    void (*read)(const Value&, ServiceVolume&);
  };
  constexpr std::array<Options, 3> kOptions = {{{"bind", MountType::Bind, ReadBind},
                                                {"volume", MountType::Volume, ReadVolumeOptions},
                                                {"tmpfs", MountType::Tmpfs, ReadTmpfsOptions}}};
  for (const Options& options : kOptions) {
    const auto value = keys.Find(options.key);
    if (!value) continue;
    if (type && options.type != *type) value->Fail("has a meaning with type: " + std::string(options.key) + " only");
    options.read(*value, out);
  }
}

// The text of `source`, which every type but tmpfs may have and bind must.
std::optional<std::string> ReadSource(const Section& keys, std::optional<MountType> type) {
  const bool needed = type == MountType::Bind;
  const auto value = needed ? keys.Require("source") : keys.Find("source");
  if (!value) return needed ? std::nullopt : std::optional<std::string>("");
  auto text = value->Text();
  if (!text || type != MountType::Tmpfs || text->empty()) return text;
  value->Fail("a tmpfs has no source; remove it");
  return std::nullopt;
}

std::optional<std::string> ReadLongTarget(const Section& keys) {
  const auto value = keys.Require("target");
  const auto text = value ? value->Text() : std::nullopt;
  return text ? ReadTarget(*value, *text) : std::nullopt;
}

std::optional<ServiceVolume> ReadLong(const Value& item, const Names& names) {
  const Section keys(item, "services.*.volumes[]");
  const auto type_value = keys.Require("type");
  const auto type = type_value ? ReadType(*type_value) : std::nullopt;
  ServiceVolume volume{.type = type.value_or(MountType::Volume), .create_host_path = type == MountType::Bind};
  keys.Take("read_only", volume.read_only, &Value::Boolean);
  volume.writable = keys.Find("read_only") && !volume.read_only;
  keys.Check("consistency", [](const Value& v) { return v.OneOf({kConsistencies.begin(), kConsistencies.end()}); });
  ReadTypeOptions(keys, type, volume);
  auto target = ReadLongTarget(keys);
  const auto source = ReadSource(keys, type);
  if (!type || !target || !source) return std::nullopt;
  volume.target = *std::move(target);
  if (!FillSource(keys.Find("source").value_or(item), *source, names, volume)) return std::nullopt;
  CheckOptions(item, volume);
  return volume;
}

std::optional<std::uint32_t> ParseNumber(std::string_view text, int base, std::uint32_t max) {
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || rest != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

template <class T, class From>
bool Keep(T& out, const From& value) {
  if (value) out = *value;
  return value.has_value();
}

// False for what is none of them.
bool ApplyTmpfsOption(std::string_view option, ServiceVolume& out) {
  constexpr std::array<std::string_view, 2> kAnyhow = {"nosuid", "nodev"};
  constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max() - 1;
  const std::string_view name = option.substr(0, option.find('='));
  const std::string_view value = option.substr(std::min(option.size(), name.size() + 1));
  if (name == "size") return Keep(out.tmpfs_size, ParseByteValue(value));
  if (name == "mode") return Keep(out.tmpfs_mode, ParseNumber(value, 8, 07777));
  if (name == "uid") return Keep(out.tmpfs_uid, ParseNumber(value, 10, kMaxId));
  if (name == "gid") return Keep(out.tmpfs_gid, ParseNumber(value, 10, kMaxId));
  if (option == "ro" || option == "rw") {
    out.read_only = option == "ro";
    return true;
  }
  if (option == "exec" || option == "noexec") {
    out.tmpfs_exec = option == "exec";
    return true;
  }
  return std::ranges::find(kAnyhow, option) != kAnyhow.end();
}

void ReadTmpfs(const Value& item, std::vector<ServiceVolume>& out) {
  const auto text = item.Word();
  if (!text) return;
  const std::size_t colon = std::min(text->find(':'), text->size());
  auto target = ReadTarget(item, std::string_view(*text).substr(0, colon));
  ServiceVolume tmpfs{.type = MountType::Tmpfs, .target = target.value_or("")};
  if (colon < text->size())
    for (const std::string_view option : Split(std::string_view(*text).substr(colon + 1), ','))
      if (!ApplyTmpfsOption(option, tmpfs))
        item.Fail("option " + Quoted(option) +
                  " is not done; expected size=BYTES, mode=OCTAL, uid=NUMBER, gid=NUMBER, exec, ro, or what holds "
                  "anyway: rw, noexec, nosuid, nodev");
  if (target) out.push_back(std::move(tmpfs));
}

}  // namespace

void ReadVolumes(const ServiceInput& in, Service& out) {
  if (const auto volumes = in.keys.Find("volumes"))
    for (const Value& item : volumes->Items()) {
      const Names& names = in.scope.names;
      auto volume = item.Is(doc::Type::Map) ? ReadLong(item, names) : ReadShort(item, names);
      if (volume) out.volumes.push_back(*std::move(volume));
    }
  if (const auto tmpfs = in.keys.Find("tmpfs")) {
    for (const Value& item : tmpfs->Items()) ReadTmpfs(item, out.tmpfs);
    std::ranges::stable_sort(out.tmpfs, {}, &ServiceVolume::target);
  }
  in.keys.Take("shm_size", out.shm_size, &Value::Bytes);
  in.keys.Take("storage_opt", out.storage_opt, ReadOptions);
}

}  // namespace tinyforge::compose
