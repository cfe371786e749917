#include "control/key_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace honeyswitch::control {
namespace {

using Key = std::array<std::uint8_t, 32>;
constexpr std::size_t digits = 2 * std::tuple_size_v<Key>;

std::unexpected<std::string> refuse(const std::filesystem::path& path, std::string_view reason) {
    return std::unexpected(fmt::format("key file {}: {}", path.string(), reason));
}

std::expected<Key, std::string> read_key(int fd, const std::filesystem::path& path) {
    struct stat status{};
    if (fstat(fd, &status) != 0) return refuse(path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return refuse(path, "not a regular file");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(path, fmt::format("mode {:04o} lets others than its owner at it; chmod 0600 it",
                                        status.st_mode & 07777));
    std::array<char, digits + 2> text{};
    const auto size = read(fd, text.data(), text.size());
    Key key{};
    std::size_t decoded = 0;
    const char* end = nullptr;
    const bool read_all =
        size >= 0 && sodium_hex2bin(key.data(), key.size(), text.data(), static_cast<std::size_t>(size), "\n",
                                    &decoded, &end) == 0;
    const bool whole = read_all && decoded == key.size() && end == text.data() + size;
    sodium_memzero(text.data(), text.size());
    if (!whole)
        return refuse(path, fmt::format("it must hold {} hexadecimal digits and nothing else", digits));
    return key;
}

}  // namespace

std::expected<Key, std::string> load_key(const std::filesystem::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return refuse(path, std::strerror(errno));
    auto key = read_key(fd, path);
    close(fd);
    return key;
}

}  // namespace honeyswitch::control
