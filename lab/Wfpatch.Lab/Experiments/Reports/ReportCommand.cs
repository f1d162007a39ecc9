// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Pictures;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>`lab report`: makes report.md, report.html and pictures of what was measured.</summary>
/// <param name="Name">The folder below lab/results.</param>
/// <param name="Docs">Whether the tables of the documents are to come from these results from now on.</param>
internal sealed record ReportCommand(string Name, bool Docs)
{
    /// <summary>Documents that have tables of results.</summary>
    internal static readonly ImmutableArray<string> Documents = ["docs/lab.md", "README.md"];

    /// <returns>0 when there were results and all of them could be read.</returns>
    internal int Run()
    {
        string folder = RepositoryRoot.Combine("lab", "results", Name);
        if (ServerSelection.WhyNotName(Name) is { } why)
        {
            Console.Error.WriteLine($"lab: {why}");
            return 2;
        }
        ResultSet set = ResultSet.Read(folder);
        if (set.IsEmpty)
        {
            Console.Error.WriteLine($"lab: nothing was measured under the name '{Name}'.");
            return 2;
        }
        foreach (string file in Write(set, folder))
        {
            Console.WriteLine(Path.GetRelativePath(RepositoryRoot.Path, file));
        }
        foreach (string file in Docs ? Documents : [])
        {
            string path = RepositoryRoot.Combine(file);
            File.WriteAllText(path, DocsTables.Fill(File.ReadAllText(path), set));
            Console.WriteLine(file);
        }
        return set.Unreadable.IsEmpty ? 0 : 1;
    }

    /// <summary>Writes the report of these results into a folder.</summary>
    /// <returns>The files.</returns>
    internal static ImmutableArray<string> Write(ResultSet set, string folder)
    {
        ImmutableArray<ReportPart> parts = ReportText.Of(set);
        string markdown = Path.Combine(folder, "report.md"), page = Path.Combine(folder, "report.html"), plots = Path.Combine(folder, "plots");
        Directory.CreateDirectory(plots);
        File.WriteAllText(markdown, MarkdownView.Render(parts));
        File.WriteAllText(page, HtmlView.Render(ReportText.TitleOf(set), parts));
        List<string> files = [markdown, page];
        foreach (Picture picture in parts.OfType<Picture>())
        {
            string svg = Path.Combine(plots, $"{picture.Name}.svg"), png = Path.Combine(plots, $"{picture.Name}.png");
            File.WriteAllText(svg, SvgText.Render(picture.Drawing));
            PngFile.Write(png, picture.Drawing);
            files.AddRange([svg, png]);
        }
        return [.. files];
    }
}
