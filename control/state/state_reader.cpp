#include "control/state/state_reader.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace honeyswitch::control {

std::expected<std::optional<FileSource>, std::string> FileSource::open(const std::filesystem::path& file) {
    // Of a pipe or a device there may be no end.
    Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened && errno == ENOENT) return std::nullopt;
    if (!opened) return std::unexpected(std::strerror(errno));
    struct stat about{};
    if (fstat(opened.get(), &about) != 0) return std::unexpected(std::strerror(errno));
    if (!S_ISREG(about.st_mode)) return std::unexpected("it is no regular file");
    return FileSource(std::move(opened));
}

std::expected<std::size_t, std::string> FileSource::read(std::span<std::uint8_t> room) {
    std::size_t done = 0;
    while (done < room.size()) {
        const auto size =
            pread(opened_.get(), room.data() + done, room.size() - done, static_cast<off_t>(offset_));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::unexpected(std::strerror(errno));
        if (size == 0) break;
        done += static_cast<std::size_t>(size);
        offset_ += static_cast<std::uint64_t>(size);
    }
    return done;
}

StateFlaw StateReader::flaw(const std::string& reason) const {
    return {StateFlaw::Kind::broken, blocks_ == 0 ? reason : fmt::format("block {}: {}", blocks_, reason)};
}

std::expected<void, StateFlaw> StateReader::fill(std::size_t bytes) {
    bytes_.resize(bytes);
    const auto filled = source_.read(bytes_);
    if (!filled) return std::unexpected(StateFlaw{StateFlaw::Kind::unreadable, filled.error()});
    if (*filled < bytes) return std::unexpected(flaw("it is cut off"));
    return {};
}

std::expected<StateHeader, StateFlaw> StateReader::header() {
    if (auto filled = fill(state_header_size); !filled) return std::unexpected(filled.error());
    return parse_header(bytes_);
}

std::expected<std::optional<StateBlock>, StateFlaw> StateReader::next() {
    ++blocks_;
    if (auto filled = fill(StateBlockHead::size); !filled) return std::unexpected(filled.error());
    const auto head = parse_head(bytes_);
    if (!head) return std::unexpected(flaw(head.error()));
    if (auto filled = fill(head->bytes); !filled) return std::unexpected(filled.error());
    auto block = StateBlock::check(*head, bytes_);
    if (!block) return std::unexpected(flaw(block.error()));
    count(*block);
    if (block->kind() != StateKind::end) return *block;
    if (auto finished = finish(*block); !finished) return std::unexpected(finished.error());
    return std::nullopt;
}

void StateReader::count(const StateBlock& block) {
    if (block.kind() == StateKind::watches) totals_.watches += block.entries();
    if (block.kind() == StateKind::vouchers) totals_.vouchers += block.entries();
    if (block.kind() == StateKind::sightings) totals_.sightings += block.entries();
    if (block.kind() == StateKind::sessions) totals_.sessions += block.entries();
}

std::expected<void, StateFlaw> StateReader::finish(const StateBlock& end) {
    if (end.totals() != totals_) return std::unexpected(flaw("there are not as many entries as it says"));
    std::uint8_t behind = 0;
    const auto more = source_.read({&behind, 1});
    if (!more) return std::unexpected(StateFlaw{StateFlaw::Kind::unreadable, more.error()});
    if (*more != 0) return std::unexpected(flaw("there is something behind the end"));
    return {};
}

std::expected<StateHeader, StateFlaw> check_state(ByteSource& source) {
    StateReader reader(source);
    auto header = reader.header();
    if (!header) return header;
    while (true) {
        const auto block = reader.next();
        if (!block) return std::unexpected(block.error());
        if (!*block) break;
    }
    source.rewind();
    return header;
}

}  // namespace honeyswitch::control
