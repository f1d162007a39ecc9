// SPDX-License-Identifier: Apache-2.0
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Wfpatch.Lab;

/// <summary>Standard output for a report: a table and what it is about.</summary>
internal static class ReportOutput
{
    /// <summary>Of a file or pipe, which has no width of its own.</summary>
    private const int WidthElsewhere = 180;

    public static void Write(IRenderable table, string about)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = WidthElsewhere;
        }
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(about);
    }
}
