// The test vectors of tests/vectors: named octets.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace honeyswitch {

using Vectors = std::map<std::string, std::vector<std::uint8_t>>;

inline Vectors read_vectors(const std::string& path) {
    Vectors vectors;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string name, equals, digits;
        if (!(words >> name >> equals)) continue;
        auto& octets = vectors[name];
        words >> digits;
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
            octets.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return vectors;
}

}  // namespace honeyswitch
