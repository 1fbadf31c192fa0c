using NonLocal.Tensors;

namespace NonLocal.Verification;

/// <summary>A tensor of a verification file. Double holds every F32, F64 and every I64 that occurs exactly.</summary>
/// <param name="Shape">In the file's order of axes.</param>
/// <param name="Content">Elements, row-major.</param>
internal sealed record CaseTensor(Shape Shape, double[] Content);
