// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/state_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

#include "agent/platform/boot.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::platform {

namespace {

/// Where the file counts.
struct Identity {
    std::array<char, 36> boot_id{};
    std::uint32_t version = 3;  ///< of the layout and of what encode() makes
    std::uint64_t network_namespace = 0;

    bool operator==(const Identity&) const = default;
};

struct Header {
    std::array<char, 8> magic{};
    Identity identity;
};

/// Two of them take turns, so that one is whole at any moment.
struct Document {
    std::uint64_t generation = 0;  ///< 0: not whole
    std::uint32_t size = 0;
    std::uint32_t checksum = 0;
    std::array<std::uint8_t, StateFile::document_capacity> bytes{};
};

struct Advert {
    std::uint64_t generation = 0;  ///< of the document that the slot belongs to; 0: not whole
    Duration::rep at = 0;
};

struct Layout {
    Header header;
    std::array<Document, 2> documents;
    std::array<Advert, StateFile::slots> adverts;
};

constexpr std::array<char, 8> magic{'r', 'e', 'g', 'e', 'n', 't', '\n', '\0'};

Layout& layout(std::span<std::byte> mapping) {
    return *reinterpret_cast<Layout*>(mapping.data());
}

std::uint32_t checksum(ByteView bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

Result<Identity> current_identity() {
    Identity identity;
    const std::string boot = boot_id();
    struct stat network {};
    if (boot.size() != identity.boot_id.size() || ::stat("/proc/self/ns/net", &network) != 0)
        return failure("cannot tell this boot from others: /proc is not readable");
    std::copy(boot.begin(), boot.end(), identity.boot_id.begin());
    identity.network_namespace = network.st_ino;
    return identity;
}

Result<std::span<std::byte>> map(const Descriptor& file) {
    void* const address =
        ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.get(), 0);
    if (address == MAP_FAILED) {
        const int code = errno;
        return system_failure("cannot map it", code);
    }
    return std::span(static_cast<std::byte*>(address), sizeof(Layout));
}

/// The file of an earlier run, if it may be gone on with.
std::optional<std::span<std::byte>> map_existing(const std::filesystem::path& path,
                                                 const Identity& identity) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    // A file with holes would end the agent with SIGBUS when the file system is full.
    const auto allocated = static_cast<std::size_t>(status.st_blocks) * 512;
    if (static_cast<std::size_t>(status.st_size) != sizeof(Layout) || allocated < sizeof(Layout))
        return std::nullopt;
    const auto mapping = map(file);
    if (!mapping) return std::nullopt;
    const auto& header = layout(*mapping).header;
    if (header.magic == magic && header.identity == identity) return *mapping;
    ::munmap(mapping->data(), mapping->size());
    return std::nullopt;
}

Result<std::span<std::byte>> map_new(const std::filesystem::path& path, const Identity& identity) {
    const auto making = std::filesystem::path(path.native() + ".new");
    ::unlink(making.c_str());
    const Descriptor file(::open(making.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    int code = file ? ::posix_fallocate(file.get(), 0, sizeof(Layout)) : errno;
    auto mapping = code == 0 ? map(file) : system_failure("cannot make it", code);
    if (mapping) {
        layout(*mapping).header = Header{magic, identity};
        if (::rename(making.c_str(), path.c_str()) == 0) return mapping;
        code = errno;
        ::munmap(mapping->data(), mapping->size());
        mapping = system_failure("cannot put it in place", code);
    }
    ::unlink(making.c_str());
    return mapping;
}

/// `place` is where it stands among the two.
bool whole(const Document& document, std::size_t place) {
    return document.generation % 2 == place && document.generation != 0 &&
           document.size <= document.bytes.size() &&
           document.checksum == checksum(ByteView(document.bytes).first(document.size));
}

}  // namespace

Result<StateFile> StateFile::open(const std::filesystem::path& directory) {
    const auto path = directory / "state";
    const auto identity = current_identity();
    if (!identity) return tl::unexpected(identity.error());
    if (const auto mapping = map_existing(path, *identity)) {
        StateFile file(*mapping);
        const auto& documents = layout(*mapping).documents;
        for (std::size_t place = 0; place < documents.size(); ++place) {
            if (whole(documents[place], place))
                file.generation_ = std::max(file.generation_, documents[place].generation);
        }
        return file;
    }
    const auto mapping = map_new(path, *identity);
    if (!mapping)
        return failure(fmt::format("{}: {}", path.string(), mapping.error().text), mapping.error().code);
    return StateFile(*mapping);
}

StateFile::StateFile(StateFile&& other) noexcept
    : mapping_(std::exchange(other.mapping_, {})), generation_(other.generation_) {}

StateFile& StateFile::operator=(StateFile&& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(generation_, other.generation_);
    return *this;
}

StateFile::~StateFile() {
    if (!mapping_.empty()) ::munmap(mapping_.data(), mapping_.size());
}

Result<core::Memory> StateFile::recall() const {
    if (generation_ == 0) return failure("nothing is remembered of this boot");
    const auto& all = layout(mapping_);
    const auto& document = all.documents[generation_ % 2];
    auto memory = core::decode_memory(ByteView(document.bytes).first(document.size));
    if (!memory) return failure("what is remembered cannot be read: " + memory.error().text);
    for (std::size_t slot = 0; slot < std::min(memory->routers.size(), slots); ++slot) {
        const auto& advert = all.adverts[slot];
        auto& last = memory->routers[slot].last_advert;
        const Instant at{Duration(advert.at)};
        if (advert.generation == generation_ && at > last.value_or(Instant{})) last = at;
    }
    return memory;
}

Result<void> StateFile::remember(const core::Memory& memory) {
    const Bytes bytes = core::encode(memory);
    const bool fits = bytes.size() <= document_capacity;
    // One that is too large must not leave an older one in force.
    const Bytes& kept = fits ? bytes : core::encode(core::Memory{});
    const std::uint64_t next = generation_ + 1;
    auto& document = layout(mapping_).documents[next % 2];
    const std::atomic_ref generation(document.generation);
    generation.store(0, std::memory_order_seq_cst);
    std::copy(kept.begin(), kept.end(), document.bytes.begin());
    document.size = static_cast<std::uint32_t>(kept.size());
    document.checksum = checksum(kept);
    generation.store(next, std::memory_order_seq_cst);
    generation_ = next;
    if (fits) return {};
    return failure(fmt::format("{} bytes of state do not fit into {}", bytes.size(), document_capacity));
}

void StateFile::record_advert(std::uint32_t slot, Instant at) {
    if (slot >= slots) return;
    auto& advert = layout(mapping_).adverts[slot];
    const std::atomic_ref generation(advert.generation);
    generation.store(0, std::memory_order_seq_cst);
    std::atomic_ref(advert.at).store(at.time_since_epoch().count(), std::memory_order_seq_cst);
    generation.store(generation_, std::memory_order_seq_cst);
}

}  // namespace regent::platform
