#include "controller/docker/adopted_labels.h"

#include <gmock/gmock.h>

#include "reconcilers/core/field_digests.h"
#include "reconcilers/core/hook_label.h"

namespace tinyforge::docker {
namespace {

// What an image says of itself under our names is nobody's word, also where the record lost the label that covers it.
TEST(AdoptedLabels, OfAnImageNoHooksAreRun) {
  ContainerTemplate forged{.image = "x"};
  forged.post_start = forged.pre_stop = {{.command = {"/x"}}};
  StringMap labels = {{std::string(label::kPostStart), EncodeHooks(forged.post_start)},
                      {std::string(label::kPreStop), EncodeHooks(forged.pre_stop)},
                      {std::string(label::kFields), FieldDigests(forged)}};
  AdoptedLabels adopted;
  adopted.Add({.id = "c1", .name = "shop_web_1", .labels = {{std::string(label::kWorkload), "shop"}}});
  ObservedContainer container{.id = "c1", .labels = labels};
  ASSERT_NE(OwnHooks(container.labels, label::kPostStart), "");
  adopted.Complete(container);
  EXPECT_EQ(container.Label(label::kWorkload), "shop");
  EXPECT_EQ(OwnHooks(container.labels, label::kPostStart), "");
  EXPECT_EQ(OwnHooks(container.labels, label::kPreStop), "");
}

}  // namespace
}  // namespace tinyforge::docker
