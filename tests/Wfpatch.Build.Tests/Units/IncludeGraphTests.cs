// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Units;
using Xunit;

namespace Wfpatch.Build.Tests.Units;

public sealed class IncludeGraphTests : IDisposable
{
    private readonly TemporaryFolder _tree = new();

    public void Dispose() => _tree.Dispose();

    /// <summary>OpenLDAP's source has one that leads nowhere, for a test of its own.</summary>
    [Fact]
    public void Links_that_lead_nowhere_or_in_a_circle_are_passed_over()
    {
        File.WriteAllText(_tree.At("real.h"), "#include \"inner.h\"\n");
        File.WriteAllText(_tree.At("one.c"), "#include \"linked.h\"\n");
        File.CreateSymbolicLink(_tree.At("linked.h"), "real.h");
        File.CreateSymbolicLink(_tree.At("broken link"), "nowhere");
        File.CreateSymbolicLink(_tree.At("circle"), "circle");
        Assert.Equal(["inner.h", "linked.h", "one.c", "real.h"], IncludeGraph.Read([_tree.Path], TestContext.Current.CancellationToken).Reach(["inner.h"]).Order(StringComparer.Ordinal));
    }
}
