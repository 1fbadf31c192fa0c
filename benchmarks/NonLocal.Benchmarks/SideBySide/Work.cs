using NonLocal.Tensors.Compile;
using CompiledProgram = NonLocal.Tensors.Compile.Program;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>What is timed, and what it costs at least.</summary>
/// <param name="Run">One repetition.</param>
/// <param name="Flops">Floating-point operations of the products; a multiply-add counts as two.</param>
/// <param name="Bytes">Inputs, outputs and parameters, each moved once.</param>
/// <param name="Arena">Working memory beyond these.</param>
internal sealed record Work(Action Run, long Flops, long Bytes, long Arena)
{
    /// <summary>A program's.</summary>
    public static Work Of(CompiledProgram program) =>
        new(program.Run, 2 * program.MultiplyAdds, BytesOf(program), program.ArenaBytes);

    /// <summary>Inputs, outputs and parameters.</summary>
    public static long BytesOf(CompiledProgram program) => program.InputBytes + program.OutputBytes + program.ParameterBytes;
}
