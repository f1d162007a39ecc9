// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build;

namespace Wfpatch.Cli.Views;

/// <summary>What a build does now, a line each on stderr. On a terminal a last line counts what is compiled, over itself.</summary>
internal sealed class BuildProgress(Output output) : IProgress<BuildEvent>
{
    private const int LineWidth = 79;
    private const string Erase = "\r\e[K";

    private bool _isCounting;

    public void Report(BuildEvent value)
    {
        if (output.IsJson || (value.Unit is not null && !Output.IsTerminal))
        {
            return;
        }
        string line = Line(value);
        if (value.Unit is not null)
        {
            Console.Error.Write(Erase + line);
            _isCounting = true;
            return;
        }
        Console.Error.WriteLine(_isCounting ? Erase + line : line);
        _isCounting = false;
    }

    private static string Line(BuildEvent value)
    {
        if (value.Unit is not null)
        {
            string text = $"  [{value.Count}] {value.Unit}";
            return text.Length > LineWidth ? text[..LineWidth] : text;
        }
        return value.LogFile is null ? value.Text : $"{value.Text} (log: {value.LogFile})";
    }
}
