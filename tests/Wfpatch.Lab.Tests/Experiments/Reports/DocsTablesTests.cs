// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Experiments.Reports;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Lab.Tests.Experiments.Reports;

/// <summary>Numbers in documents come from results.</summary>
public sealed class DocsTablesTests
{
    private const string Document = "a\n<!-- lab - memory -->\nold\n<!-- /lab -->\nb\n<!-- lab old endurance -->\n<!-- /lab -->\nc\n";

    [Fact]
    public void Tables_are_filled_and_nothing_else_is_touched()
    {
        string filled = DocsTables.Fill(Document, MadeUpResults.Set);
        Assert.StartsWith("a\n<!-- lab made-up memory -->\n\n| server | first patch, KiB |", filled, StringComparison.Ordinal);
        Assert.Contains("| memcached | 40 | 1.5 | 4 |\n\n<!-- /lab -->\nb\n<!-- lab made-up endurance -->\n\n", filled, StringComparison.Ordinal);
        Assert.EndsWith("<!-- /lab -->\nc\n", filled, StringComparison.Ordinal);
        Assert.Equal(filled, DocsTables.Fill(filled, MadeUpResults.Set));
        Assert.Equal(filled, DocsTables.FillAsNamed(filled, name => name == "made-up" ? MadeUpResults.Set : throw new ArgumentException(name)));
    }

    [Fact]
    public void A_number_that_is_not_of_the_results_is_noticed()
    {
        string forged = DocsTables.Fill(Document, MadeUpResults.Set).Replace("| 40 |", "| 4 |", StringComparison.Ordinal);
        Assert.NotEqual(forged, DocsTables.FillAsNamed(forged, _ => MadeUpResults.Set));
    }

    [Fact]
    public void A_table_that_there_is_not_is_named() =>
        Assert.Contains("'nonsense'", Assert.Throws<InvalidDataException>(() => DocsTables.Fill("<!-- lab - nonsense --><!-- /lab -->", MadeUpResults.Set)).Message, StringComparison.Ordinal);

    /// <summary>`./wf lab report --name NAME --docs` makes it true again.</summary>
    [Fact]
    public void The_documents_say_what_was_measured()
    {
        foreach (string document in ReportCommand.Documents)
        {
            string text = File.ReadAllText(RepositoryRoot.Combine(document));
            Assert.True(DocsTables.Count(text) > 0, $"{document} has no table of results");
            Assert.Equal(DocsTables.FillAsNamed(text, name => ResultSet.Read(RepositoryRoot.Combine("lab", "results", name))), text);
        }
    }
}
