// SPDX-License-Identifier: Apache-2.0
#include "agent/core/memory.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace regent::core {
namespace {

constexpr std::size_t longest = std::numeric_limits<std::uint16_t>::max();

class Writer {
  public:
    void u8(std::uint8_t value) { out_.u8(value); }
    void text(std::string_view value) {
        const auto size = std::min(value.size(), longest);
        out_.u16(static_cast<std::uint16_t>(size));
        out_.append({reinterpret_cast<const std::uint8_t*>(value.data()), size});
    }
    void address(const IpAddress& value) {
        u8(static_cast<std::uint8_t>(value.size()));
        out_.append(value.bytes());
    }
    void duration(Duration value) { out_.u64(static_cast<std::uint64_t>(value.count())); }
    void instant(Instant value) { duration(value.time_since_epoch()); }
    template <class Item, class Each>
    void list(const std::vector<Item>& items, const Each& each) {
        const auto size = std::min(items.size(), longest);
        out_.u16(static_cast<std::uint16_t>(size));
        for (std::size_t i = 0; i < size; ++i)
            each(items[i]);
    }
    Bytes take() { return out_.take(); }

  private:
    ByteWriter out_;
};

class Reader {
  public:
    explicit Reader(ByteView view) : in_(view) {}

    std::uint8_t u8() { return in_.u8(); }
    bool flag() {
        const auto value = in_.u8();
        sound_ = sound_ && value <= 1;
        return value == 1;
    }
    std::string text() {
        const auto bytes = in_.take(in_.u16());
        return {bytes.begin(), bytes.end()};
    }
    IpAddress address() {
        const auto found = IpAddress::from_bytes(in_.take(in_.u8()));
        sound_ = sound_ && found;
        return found.value_or(IpAddress());
    }
    Duration duration() {
        const Duration value(static_cast<Duration::rep>(in_.u64()));
        sound_ = sound_ && value >= Duration::zero();
        return value;
    }
    Instant instant() { return Instant(duration()); }
    template <class Each>
    auto list(const Each& each) {
        std::vector<decltype(each())> items;
        for (std::size_t left = in_.u16(); left > 0 && ok(); --left)
            items.push_back(each());
        return items;
    }
    void must(bool condition) { sound_ = sound_ && condition; }
    bool ok() const { return sound_ && in_.ok(); }
    bool at_end() const { return in_.remaining() == 0; }

  private:
    ByteReader in_;
    bool sound_ = true;
};

void write(Writer& out, const Memory::Router& router) {
    out.text(router.key.interface);
    out.u8(static_cast<std::uint8_t>(router.key.family));
    out.u8(router.key.virtual_router_id);
    out.list(router.addresses, [&](const AddressKey& key) {
        out.text(key.device);
        out.address(key.address);
        out.u8(key.prefix);
    });
    out.u8(router.master ? 1 : 0);
    out.u8(router.held ? 1 : 0);
    out.u8(router.last_advert ? 1 : 0);
    if (router.last_advert) out.instant(*router.last_advert);
    out.list(router.trusted, [&](const IpAddress& sender) { out.address(sender); });
    out.duration(router.peer_down);
}

Memory::Router read_router(Reader& in) {
    Memory::Router router;
    router.key.interface = in.text();
    const auto family = in.u8();
    in.must(family == 4 || family == 6);
    router.key.family = family == 6 ? Family::ipv6 : Family::ipv4;
    router.key.virtual_router_id = in.u8();
    in.must(router.key.virtual_router_id != 0);
    router.addresses = in.list([&] {
        AddressKey key;
        key.device = in.text();
        key.address = in.address();
        key.prefix = in.u8();
        in.must(key.prefix <= key.address.full_prefix());
        return key;
    });
    router.master = in.flag();
    router.held = in.flag();
    if (in.flag()) router.last_advert = in.instant();
    router.trusted = in.list([&] { return in.address(); });
    router.peer_down = in.duration();
    return router;
}

Memory::Check read_check(Reader& in) {
    Memory::Check check;
    check.name = in.text();
    const auto verdict = in.u8();
    in.must(verdict >= 1 && verdict <= 3);
    check.verdict = static_cast<Memory::Verdict>(verdict);
    check.message = in.text();
    return check;
}

Memory::Override read_override(Reader& in) {
    Memory::Override override;
    override.check = in.text();
    override.up = in.flag();
    override.until = in.instant();
    override.message = in.text();
    return override;
}

}  // namespace

const Memory::Router* Memory::find(const RouterKey& key) const {
    const auto found =
        std::find_if(routers.begin(), routers.end(), [&](const Router& router) { return router.key == key; });
    return found == routers.end() ? nullptr : &*found;
}

bool Memory::same_but_for_adverts(const Memory& other) const {
    const auto same = [](const Router& a, const Router& b) {
        return a.key == b.key && a.addresses == b.addresses && a.master == b.master && a.held == b.held &&
               a.trusted == b.trusted && a.peer_down == b.peer_down;
    };
    return std::equal(routers.begin(), routers.end(), other.routers.begin(), other.routers.end(), same) &&
           checks == other.checks && resumes == other.resumes && maintenance == other.maintenance &&
           overrides == other.overrides;
}

Bytes encode(const Memory& memory) {
    Writer out;
    out.list(memory.routers, [&](const Memory::Router& router) { write(out, router); });
    out.list(memory.checks, [&](const Memory::Check& check) {
        out.text(check.name);
        out.u8(static_cast<std::uint8_t>(check.verdict));
        out.text(check.message);
    });
    out.list(memory.resumes, [&](Instant at) { out.instant(at); });
    out.u8(memory.maintenance ? 1 : 0);
    if (memory.maintenance) out.text(*memory.maintenance);
    out.list(memory.overrides, [&](const Memory::Override& override) {
        out.text(override.check);
        out.u8(override.up ? 1 : 0);
        out.instant(override.until);
        out.text(override.message);
    });
    return out.take();
}

Result<Memory> decode_memory(ByteView bytes) {
    Reader in(bytes);
    Memory memory;
    memory.routers = in.list([&] { return read_router(in); });
    memory.checks = in.list([&] { return read_check(in); });
    memory.resumes = in.list([&] { return in.instant(); });
    if (in.flag()) memory.maintenance = in.text();
    memory.overrides = in.list([&] { return read_override(in); });
    if (!in.ok()) return failure("it is cut short or damaged");
    if (!in.at_end()) return failure("there is something after its end");
    return memory;
}

}  // namespace regent::core
