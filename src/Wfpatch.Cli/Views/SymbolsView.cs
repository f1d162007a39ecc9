// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Live.Names;

namespace Wfpatch.Cli.Views;

/// <summary>The names of new code as text.</summary>
internal static class SymbolsView
{
    public static string Render(SymbolsReport report, SymbolsDocument document)
    {
        var text = new StringBuilder(report.Message);
        foreach (var code in report.Names)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {code.Range.Start}  {code.Range.Length,6}  {code.Name}{(code.Patch.Length > 0 ? $"  ({code.Patch})" : "")}");
        }
        if (document.GdbCommand.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nIn gdb: {document.GdbCommand}");
        }
        if (report.PerfMap.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nFor perf: {report.PerfMap}");
        }
        return text.ToString();
    }
}
