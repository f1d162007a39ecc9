// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Compilers;
using Xunit;

namespace Wfpatch.Live.Tests.Matrix;

/// <summary>One of the ways in which programs are compiled, in words: compiler, level, pie or fixed, frames or no-frames, marks or no-marks.</summary>
public static class CompilerChoice
{
    /// <summary>Skips the test where the compiler is not installed.</summary>
    public static CompileOptions Of(string choice)
    {
        if (choice.Split(' ') is not [var compiler, var level, ("pie" or "fixed") and var place, ("frames" or "no-frames") and var frames, ("marks" or "no-marks") and var marks])
        {
            throw new ArgumentException($"not a choice: {choice}", nameof(choice));
        }
        string? installed = Find(compiler);
        Assert.SkipWhen(installed is null, $"{compiler} is not installed");
        bool isPie = place == "pie";
        return new(
            [
                level, "-g", "-pthread", isPie ? "-fPIE" : "-fno-pie", frames == "frames" ? "-fno-omit-frame-pointer" : "-fomit-frame-pointer",
                marks == "marks" ? "-fcf-protection=full" : "-fcf-protection=none",
            ])
        {
            Compiler = installed!,
            IsPositionIndependent = isPie,
        };
    }

    /// <summary>A compiler by its name, or by that of one of its versions.</summary>
    private static string? Find(string compiler) => Directory.EnumerateFiles("/usr/bin", $"{compiler}*").Select(f => Path.GetFileName(f)!)
        .Where(name => name == compiler || int.TryParse(name.AsSpan(compiler.Length).TrimStart('-'), out _)).Order(StringComparer.Ordinal).FirstOrDefault();
}
