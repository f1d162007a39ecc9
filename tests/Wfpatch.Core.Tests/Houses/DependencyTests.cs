// SPDX-License-Identifier: Apache-2.0
using System.Xml.Linq;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Houses;

/// <summary>Which project may know which: Core &lt;- Build, Core &lt;- Live, Build and Live &lt;- Cli.</summary>
public sealed class DependencyTests
{
    [Theory]
    [InlineData("Wfpatch.Core")]
    [InlineData("Wfpatch.Build", "Wfpatch.Core")]
    [InlineData("Wfpatch.Live", "Wfpatch.Core")]
    [InlineData("Wfpatch.Cli", "Wfpatch.Build", "Wfpatch.Live")]
    public void A_project_refers_to_these_projects_alone(string project, params string[] expected)
    {
        var file = XDocument.Load(RepositoryRoot.Combine("src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.Equal(expected, references.Order());
    }

    [Theory]
    [InlineData("Wfpatch.Core")]
    [InlineData("Wfpatch.Build", "Wfpatch.Core")]
    [InlineData("Wfpatch.Live", "Wfpatch.Core")]
    public void A_compiled_project_refers_to_these_projects_alone(string project, params string[] expected) =>
        Assert.Equal(expected, AssemblyFacts.Read(project).Assemblies.Where(a => a.StartsWith("Wfpatch.", StringComparison.Ordinal)).Order());

    [Fact]
    public void There_are_no_other_projects_in_src() =>
        Assert.Equal(
            ["Wfpatch.Build", "Wfpatch.Cli", "Wfpatch.Core", "Wfpatch.Live"],
            Directory.EnumerateDirectories(RepositoryRoot.Combine("src")).Select(d => Path.GetFileName(d)!).Order());
}
