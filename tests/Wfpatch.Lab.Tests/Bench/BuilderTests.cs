// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Core.Refusals;
using Wfpatch.Lab.Bench;
using Xunit;

namespace Wfpatch.Lab.Tests.Bench;

/// <summary>Real fixes of a package, each with and without: every one that changes code alone becomes a patch file, and none of those lacks a function.</summary>
public sealed class BuilderTests
{
    [Fact]
    public async Task Memcached_s_fixes_become_patches_of_its_whole_build() =>
        Check(await ListAsync(cache => DebianSeriesBuild.RunAsync("memcached", cache, null, TestContext.Current.CancellationToken)), atLeast: 1);

    /// <summary>Apache's by their units. One of them changes main() of suexec, which nobody could patch while it runs.</summary>
    [Fact]
    public async Task Apache_s_fixes_become_patches_of_their_units()
    {
        List<SeriesFix> fixes = [];
        // The cache that the lab's Apache is compiled in, too: its clean system is made once.
        await foreach (SeriesFix fix in UnitSeriesBuild.RunAsync(UnitRecipes.Find("apache2")!, null, null, TestContext.Current.CancellationToken))
        {
            fixes.Add(fix);
        }
        Check([.. fixes.Where(fix => !fix.Refusals.Any(r => r.Kind == DiffRefusals.RunsOnce))], atLeast: 1);
        Assert.All(fixes.Where(fix => fix.Outcome == SeriesOutcome.Built), fix => Assert.StartsWith("all ", fix.Shipped, StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_count_what_was_built_and_name_what_was_not()
    {
        SeriesFix[] fixes =
        [
            new("p", "1", "a.patch", SeriesOutcome.Built) { Functions = 2, Units = 1 },
            new("p", "1", "b.patch", SeriesOutcome.Refused) { Refusals = [DiffRefusals.DataChanged.About("limit", "limit changed.")] },
            new("p", "1", "c.patch", SeriesOutcome.NotCompiled),
        ];
        string text = RealFixesTable.Render([.. fixes.Select(FixRow.Of)]);
        Assert.Contains("| p 1 | 3 | 2 | 1 | 1 | 1 | 0 | 0 |", text, StringComparison.Ordinal);
        Assert.Contains("| p | b.patch | refused, with data | 0 | all |  | WF204 limit |", text, StringComparison.Ordinal);
    }

    private static async Task<ImmutableArray<SeriesFix>> ListAsync(Func<string, IAsyncEnumerable<SeriesFix>> run)
    {
        DirectoryInfo cache = Directory.CreateTempSubdirectory("wfpatch-fixes-");
        try
        {
            var fixes = ImmutableArray.CreateBuilder<SeriesFix>();
            await foreach (SeriesFix fix in run(cache.FullName))
            {
                fixes.Add(fix);
            }
            return fixes.ToImmutable();
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    private static void Check(ImmutableArray<SeriesFix> fixes, int atLeast)
    {
        Assert.All(fixes, fix => Assert.NotEqual(SeriesOutcome.Wrong, fix.Outcome));
        ImmutableArray<SeriesFix> codeOnly = [.. fixes.Where(fix => fix.IsCodeOnly)];
        Assert.True(codeOnly.Length >= atLeast, $"{codeOnly.Length} fixes change code alone");
        Assert.All(codeOnly, fix => Assert.True(fix.Outcome == SeriesOutcome.Built, $"{fix.Patch}: {string.Join(" ", fix.Refusals.Select(r => $"{r.Code} {r.Sentence}"))}"));
    }
}
