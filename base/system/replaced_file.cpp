#include "base/system/replaced_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace honeyswitch {

std::string ReplacedFile::reason() const {
    return fmt::format("{}: {}", beside_.string(), std::strerror(errno));
}

std::expected<ReplacedFile, std::string> ReplacedFile::begin(std::filesystem::path file) {
    constexpr mode_t owner = 0600;
    std::filesystem::path beside = file.string() + ".new";
    Descriptor opened(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner));
    ReplacedFile begun(std::move(file), std::move(beside), std::move(opened));
    if (!begun.opened_) return std::unexpected(begun.reason());
    return begun;
}

std::expected<void, std::string> ReplacedFile::write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const auto size = ::write(opened_.get(), bytes.data(), bytes.size());
        if (size < 0 && errno != EINTR) return std::unexpected(reason());
        if (size > 0) bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return {};
}

std::expected<void, std::string> ReplacedFile::write(std::string_view text) {
    return write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::expected<void, std::string> ReplacedFile::finish() {
    if (fsync(opened_.get()) != 0 || std::rename(beside_.c_str(), file_.c_str()) != 0)
        return std::unexpected(reason());
    // Until its folder is on the disk, a power cut brings back the file of before, or none. What file systems
    // cannot sync so, they do by themselves.
    const auto parent = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
    const Descriptor folder(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) (void)fsync(folder.get());
    return {};
}

std::string set_aside(const std::filesystem::path& file, std::string_view word) {
    const auto aside = fmt::format("{}.{}", file.string(), word);
    std::error_code failure;
    std::filesystem::rename(file, aside, failure);
    return failure ? "left there" : "set aside as " + aside;
}

}  // namespace honeyswitch
