// Whatever a file of state says: what is taken for one can be read to its end, and nothing else happens.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "control/state/crc32c.hpp"
#include "control/state/state_reader.hpp"
#include "control/state/state_wire.hpp"
#include "tests/unit/fakes/memory_source.hpp"

namespace {

using namespace honeyswitch::control;

/// Nobody finds a checksum by trying: those of the header and of each block are made right.
void make_checksums_right(StateBytes& file) {
    namespace wire = state_wire;
    const auto put = [&](std::size_t place, std::uint32_t sum) {
        std::memcpy(&file[place], &sum, sizeof sum);
    };
    if (file.size() < sizeof(wire::Header)) return;
    const std::span<const std::uint8_t> bytes(file);
    put(offsetof(wire::Header, checksum), crc32c(bytes.first(offsetof(wire::Header, checksum))));
    for (std::size_t place = sizeof(wire::Header); file.size() - place >= sizeof(wire::Head);) {
        wire::Head head{};
        std::memcpy(&head, &file[place], sizeof head);
        const std::size_t entries = place + sizeof head;
        if (head.bytes > file.size() - entries) return;
        const auto before = crc32c(bytes.subspan(place, offsetof(wire::Head, checksum)));
        put(place + offsetof(wire::Head, checksum), crc32c(bytes.subspan(entries, head.bytes), before));
        place = entries + head.bytes;
    }
}

void read(const StateBlock& block, const ClockPair& clocks) {
    if (block.kind() <= StateKind::agents) {
        if (block.names().size() != block.entries()) __builtin_trap();
        return;
    }
    for (std::uint32_t i = 0; i < block.entries(); ++i) {
        if (block.kind() == StateKind::campus) (void)block.prefix(i);
        if (block.kind() == StateKind::watches) (void)block.watch(i, clocks);
        if (block.kind() == StateKind::vouchers) (void)block.voucher(i);
        if (block.kind() == StateKind::sightings) (void)block.sighting(i, clocks);
        if (block.kind() != StateKind::sessions) continue;
        const auto session = block.session(i, clocks);
        StateBlockWriter writer(StateKind::sessions);
        writer.add(session, clocks);
        if (writer.take().size() != 16 + 96) __builtin_trap();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    StateBytes file(data, data + size);
    make_checksums_right(file);
    MemorySource source(std::move(file));
    const auto header = check_state(source);
    if (!header) return 0;
    StateReader reader(source);
    if (!reader.header()) __builtin_trap();
    const ClockPair clocks(header->saved_at, honeyswitch::TimePoint{});
    while (true) {
        const auto block = reader.next();
        if (!block) __builtin_trap();
        if (!*block) return 0;
        read(**block, clocks);
    }
}
