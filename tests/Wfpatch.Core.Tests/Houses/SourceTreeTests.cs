// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Houses;

/// <summary>What holds for all files of the tree: a licence line in each source, and links in the documents that lead somewhere.</summary>
public sealed partial class SourceTreeTests
{
    private const string Licence = "SPDX-License-Identifier: Apache-2.0";

    private static readonly string[] Folders = ["src", "tests", "lab", "profiles", "docs", "include", ".ci"];

    private static readonly string[] SourceEndings = [".cs", ".c", ".cc", ".h", ".toml", ".csproj", ".props"];

    /// <summary>What keeps invariants.</summary>
    private static readonly string[] Mechanisms = ["redirects", "trampolines", "thread-word", "policies", "system-calls", "state-and-crash-safety", "cxx-and-unwinding", "global"];

    [Fact]
    public void Every_source_begins_with_its_licence()
    {
        var sources = Files().Where(f => SourceEndings.Contains(Path.GetExtension(f)) || Path.GetFileName(f) is "wf" or "run").ToArray();
        Assert.True(sources.Length > 200, $"only {sources.Length} sources were found");
        // After a first line that must be the first, such as #! or the root element.
        Assert.DoesNotContain(sources, f => !File.ReadLines(f).Take(2).Any(l => l.Contains(Licence, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_licence_stands_at_the_root() =>
        Assert.Contains("Apache License", File.ReadLines(RepositoryRoot.Combine("LICENSE")).Take(3).Aggregate(string.Concat), StringComparison.Ordinal);

    [Fact]
    public void Links_of_documents_lead_to_files()
    {
        // The demo makes the picture.
        string picture = RepositoryRoot.Combine("docs", "demo.svg");
        var documents = Files().Where(f => f.EndsWith(".md", StringComparison.Ordinal)).ToArray();
        var links = documents.SelectMany(d => Link().Matches(File.ReadAllText(d)).Select(m => (From: d, To: m.Groups[1].Value)))
            .Where(l => !l.To.Contains("://", StringComparison.Ordinal) && !l.To.StartsWith('#')).ToArray();
        Assert.True(links.Length > 20, $"only {links.Length} links were found");
        Assert.DoesNotContain(links, l => Resolve(l.From, l.To) is var to && to != picture && !File.Exists(to) && !Directory.Exists(to));
    }

    /// <summary>The pages of mechanisms say by which test each invariant is held.</summary>
    [Fact]
    public void Tests_that_hold_invariants_exist()
    {
        var classes = Files().Where(f => f.EndsWith("Tests.cs", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet();
        var pages = Directory.GetFiles(RepositoryRoot.Combine("docs", "mechanisms"), "*.md");
        var named = pages.SelectMany(p => TestClass().Matches(File.ReadAllText(p)).Select(m => (Page: Path.GetFileName(p), Class: m.Value))).ToArray();
        Assert.True(named.Length > 100, $"only {named.Length} names of tests were found");
        Assert.DoesNotContain(named, n => !classes.Contains(n.Class));
        Assert.DoesNotContain(Mechanisms, m => !File.ReadAllText(RepositoryRoot.Combine("docs", "mechanisms", $"{m}.md")).Contains("| invariant | test |", StringComparison.Ordinal));
    }

    private static string Resolve(string document, string link) =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, link.Split('#')[0]));

    private static IEnumerable<string> Files() => Folders
        .Select(f => RepositoryRoot.Combine(f)).Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(RepositoryRoot.Path))
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b[A-Z][A-Za-z0-9]+Tests\b(?!/|\.csproj)")]
    private static partial Regex TestClass();
}
