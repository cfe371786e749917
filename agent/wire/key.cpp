#include "agent/wire/key.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace honeyswitch::agent {
namespace {

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_;
};

std::unexpected<Error> failed(const char* attempted, const std::filesystem::path& path, std::string reason) {
    return std::unexpected(Error{attempted, path.string(), std::move(reason)});
}

std::string_view trimmed(std::string_view text) {
    const auto blank = " \t\r\n";
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

}  // namespace

std::expected<void, Error> start_cryptography() {
    if (sodium_init() >= 0) return {};
    return std::unexpected(Error{"start", "libsodium", "it has no source of random numbers"});
}

std::expected<Key, Error> load_key(const std::filesystem::path& path) {
    const auto bad = [&](std::string reason) { return failed("read the key file", path, std::move(reason)); };
    // Not blocking, so that a FIFO in the place of a key is refused instead of waited for.
    const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (file.get() < 0 || fstat(file.get(), &status) != 0) return bad(std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return bad("it is not a regular file");
    if ((status.st_mode & 077) != 0)
        return bad(fmt::format("its mode is {:04o}, so others than its owner may use it; chmod 0600 it",
                               status.st_mode & 07777));

    std::array<char, 256> text{};
    const auto size = read(file.get(), text.data(), text.size());
    if (size < 0) return bad(std::strerror(errno));
    const auto digits = trimmed({text.data(), static_cast<std::size_t>(size)});
    Key key{};
    const char* end = nullptr;
    const bool read_all =
        sodium_hex2bin(key.data(), key.size(), digits.data(), digits.size(), nullptr, nullptr, &end) == 0 &&
        end == digits.data() + digits.size();
    sodium_memzero(text.data(), text.size());
    if (digits.size() != 2 * key.size() || !read_all)
        return bad("it does not hold 64 hexadecimal digits, as keygen writes them");
    return key;
}

std::expected<void, Error> generate_key(const std::filesystem::path& path) {
    const auto bad = [&](const char* reason) { return failed("write the key file", path, reason); };
    Key key;
    randombytes_buf(key.data(), key.size());
    std::array<char, 2 * std::tuple_size_v<Key> + 1> text{};
    sodium_bin2hex(text.data(), text.size(), key.data(), key.size());
    text.back() = '\n';

    const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0)
        return bad(errno == EEXIST ? "it exists; a key is never overwritten" : std::strerror(errno));
    const auto written = write(file.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || fsync(file.get()) != 0) {
        const auto reason = std::strerror(errno);
        unlink(path.c_str());
        return bad(reason);
    }
    return {};
}

}  // namespace honeyswitch::agent
