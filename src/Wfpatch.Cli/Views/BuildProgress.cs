// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build;

namespace Wfpatch.Cli.Views;

/// <summary>What a build does now, a line each on stderr.</summary>
internal sealed class BuildProgress(Output output) : IProgress<BuildEvent>
{
    public void Report(BuildEvent value)
    {
        if (!output.IsJson)
        {
            Console.Error.WriteLine(value.LogFile is null ? value.Text : $"{value.Text} (log: {value.LogFile})");
        }
    }
}
