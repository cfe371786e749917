#include "base/settings/toml_document.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/settings/toml_keys.hpp"
#include "base/settings/toml_node.hpp"

namespace honeyswitch {
namespace {

std::unexpected<Complaint> refuse(std::string place, std::string reason) {
    return std::unexpected(Complaint{std::move(place), std::move(reason)});
}

}  // namespace

std::expected<toml::table, Complaint> parse_document(std::string_view text, std::string_view source) {
    if (const auto line = line_of_too_deep_key(text))
        return refuse(fmt::format("{}:{}", source, *line),
                      fmt::format("a key has more than {} parts", most_key_parts));
    try {
        return toml::parse(text, source);
    } catch (const toml::parse_error& error) {  // the only way in which the library reports bad syntax
        return refuse(place_of(error.source()), std::string(error.description()));
    }
}

std::expected<std::string, Complaint> read_document_text(const std::filesystem::path& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure))
        return refuse(path.string(), "cannot be read: it is a directory");
    std::ifstream file(path, std::ios::binary);
    if (!file) return refuse(path.string(), fmt::format("cannot be read: {}", std::strerror(errno)));
    std::string text(longest_document + 1, '\0');
    file.read(text.data(), longest_document + 1);
    if (file.gcount() > longest_document)
        return refuse(path.string(),
                      fmt::format("is no configuration: it has more than {} bytes", longest_document));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

std::expected<toml::table, Complaint> read_document(const std::filesystem::path& path) {
    const auto text = read_document_text(path);
    if (!text) return std::unexpected(text.error());
    return parse_document(*text, path.string());
}

}  // namespace honeyswitch
