// Small files: what a killed process leaves.
#include "controller/runtime/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/temporary_directory.h"

namespace tinyforge {
namespace {

TEST(File, WhatAKilledWriterLeftIsRemovedAndNothingElse) {
  TemporaryDirectory dir;
  const std::filesystem::path path(dir.path());
  for (const std::string& name : {std::string(".tmp-1"), std::string(".tmp-2"), std::string("shop.json")})
    std::ofstream(path / name) << "{}";
  std::filesystem::create_directory(path / "sub");
  RemoveTemporaryFiles(path);
  EXPECT_FALSE(std::filesystem::exists(path / ".tmp-1"));
  EXPECT_FALSE(std::filesystem::exists(path / ".tmp-2"));
  EXPECT_TRUE(std::filesystem::exists(path / "shop.json"));
  EXPECT_TRUE(std::filesystem::exists(path / "sub"));
  RemoveTemporaryFiles(path / "none");
}

}  // namespace
}  // namespace tinyforge
