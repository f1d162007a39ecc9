// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Compilers;

/// <summary>
/// The shell script that stands in for a compiler: it writes down what is compiled and calls the compiler with a few more
/// flags. It starts no process of its own (docs/decisions/0029).
/// </summary>
internal static class WrapperScript
{
    /// <summary>What every compile gets. Later flags win, so that a build's own -fno-function-sections or -flto does not count:
    /// link-time optimisation leaves no machine code in object files.</summary>
    public const string SectionFlags = "-ffunction-sections -fdata-sections";

    public const string RecordsVariable = "WFPATCH_RECORDS";

    public static string For(string compiler) => Text.Replace("@COMPILER@", compiler.Replace("'", "'\\''", StringComparison.Ordinal), StringComparison.Ordinal);

    // noclobber makes the name of a record unique; printf is the shell's own, and its failure does not end the shell.
    private const string Text = """
        #!/bin/sh
        # Written by wfpatch: watches a build. See docs/mechanisms/sources.md.
        real='@COMPILER@'
        [ -n "$WFPATCH_RECORDS" ] || exec "$real" "$@"
        object= source= assembler= plain= depends= whole=
        for a do
            case $a in
                -c) object=1 ;;
                -S) source=1 ;;
                -E|-M|-MM|-fsyntax-only) plain=1 ;;
                -M*) depends=1 ;;
                -flto|-flto=*) whole=-fno-lto ;;
                @*|-x*) source=1 ;;
                -*) ;;
                *.c|*.cc|*.cp|*.cpp|*.cxx|*.c++|*.C|*.CPP|*.i|*.ii) source=1 ;;
                *.s|*.S|*.sx) assembler=1 ;;
            esac
        done
        if [ -n "$plain" ] || [ -z "$object$source" ]; then
            exec "$real" "$@"
        fi
        set -C
        n=0
        until { printf '%s\0' "$PWD" "$real" "$@" > "$WFPATCH_RECORDS/$$.$n"; } 2>/dev/null; do
            n=$((n + 1))
            if [ "$n" -gt 50 ]; then
                echo "wfpatch: $WFPATCH_RECORDS cannot be written" >&2
                exit 1
            fi
        done
        if [ -n "$assembler" ] && [ -z "$source" ]; then
            exec "$real" "$@"
        fi
        if [ -n "$object" ] && [ -z "$depends" ]; then
            exec "$real" "$@" -ffunction-sections -fdata-sections $whole -MD -MF "$WFPATCH_RECORDS/$$.$n.d"
        fi
        exec "$real" "$@" -ffunction-sections -fdata-sections $whole

        """;
}
