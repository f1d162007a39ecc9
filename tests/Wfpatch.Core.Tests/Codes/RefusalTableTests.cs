// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Text.RegularExpressions;
using Wfpatch.Core.Refusals;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Codes;

/// <summary>The one table of codes, and the page that is made of it.</summary>
public sealed partial class RefusalTableTests
{
    [Fact]
    public void Codes_and_names_are_well_formed_and_unique()
    {
        Assert.All(RefusalTable.All, k => Assert.Matches(CodeForm(), k.Code));
        Assert.All(RefusalTable.All, k => Assert.Matches(NameForm(), k.Name));
        Assert.Equal(RefusalTable.All.Length, RefusalTable.All.Select(k => k.Code).Distinct().Count());
    }

    [Fact]
    public void Meaning_and_remedy_are_sentences()
    {
        foreach (string sentence in RefusalTable.All.SelectMany(k => new[] { k.Meaning, k.Remedy }))
        {
            bool begins = char.IsUpper(sentence[0]) || sentence.StartsWith("wfpatch ", StringComparison.Ordinal);
            Assert.True(begins && sentence.EndsWith('.') && !sentence.Contains('|'), sentence);
        }
    }

    [Fact]
    public void Every_declared_row_is_in_the_table_once()
    {
        var classes = typeof(RefusalKind).Assembly.GetTypes()
            .Where(t => t.Namespace == typeof(RefusalKind).Namespace && t.Name.EndsWith("Refusals", StringComparison.Ordinal)).ToArray();
        var declared = classes.SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static | BindingFlags.NonPublic))
            .Where(f => f.FieldType == typeof(RefusalKind)).Select(f => (RefusalKind)f.GetValue(null)!).ToArray();
        Assert.True(classes.Length >= 8, $"only {classes.Length} classes of refusals were found");
        Assert.Equal(declared.OrderBy(k => k.Code, StringComparer.Ordinal), RefusalTable.All.OrderBy(k => k.Code, StringComparer.Ordinal));
    }

    [Fact]
    public void Exit_codes_are_distinct_and_described()
    {
        var codes = CodesPage.ReadExitCodes();
        Assert.Equal(codes.Length, codes.Select(c => c.Code).Distinct().Count());
        Assert.Equal(CodesPage.DescribedExitCodes.Order(), codes.Select(c => c.Name).Order());
    }

    [Fact]
    public async Task The_page_of_codes_is_current()
    {
        string file = RepositoryRoot.Combine("docs", "codes.md");
        string page = CodesPage.Render();
        if (Environment.GetEnvironmentVariable("WFPATCH_ACCEPT") == "1")
        {
            await File.WriteAllTextAsync(file, page, TestContext.Current.CancellationToken);
        }
        string there = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
        Assert.True(there == page, $"{file} does not fit the table of codes: run this test with WFPATCH_ACCEPT=1, which writes it.");
    }

    [GeneratedRegex("^WF[1-7][0-9]{2}$")]
    private static partial Regex CodeForm();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex NameForm();
}
