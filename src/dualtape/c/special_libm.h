/* The C library's functions, whose values are those of Python's module math; the loops of NumPy's ufuncs differ from
 * them in the last bit. Part of special.h, which comes first. */
#ifndef DT_SPECIAL_LIBM_H
#define DT_SPECIAL_LIBM_H

DT_INLINE double dt_libm_acos(double x) { return acos(x); }
DT_INLINE double dt_libm_acosh(double x) { return acosh(x); }
DT_INLINE double dt_libm_asin(double x) { return asin(x); }
DT_INLINE double dt_libm_asinh(double x) { return asinh(x); }
DT_INLINE double dt_libm_atan(double x) { return atan(x); }
DT_INLINE double dt_libm_atanh(double x) { return atanh(x); }
DT_INLINE double dt_libm_cbrt(double x) { return cbrt(x); }
DT_INLINE double dt_libm_cos(double x) { return cos(x); }
DT_INLINE double dt_libm_cosh(double x) { return cosh(x); }
DT_INLINE double dt_libm_erf(double x) { return erf(x); }
DT_INLINE double dt_libm_erfc(double x) { return erfc(x); }
DT_INLINE double dt_libm_exp(double x) { return exp(x); }
DT_INLINE double dt_libm_exp2(double x) { return exp2(x); }
DT_INLINE double dt_libm_expm1(double x) { return expm1(x); }
DT_INLINE double dt_libm_log(double x) { return log(x); }
DT_INLINE double dt_libm_log10(double x) { return log10(x); }
DT_INLINE double dt_libm_log1p(double x) { return log1p(x); }
DT_INLINE double dt_libm_log2(double x) { return log2(x); }
DT_INLINE double dt_libm_sin(double x) { return sin(x); }
DT_INLINE double dt_libm_sinh(double x) { return sinh(x); }
DT_INLINE double dt_libm_tan(double x) { return tan(x); }
DT_INLINE double dt_libm_tanh(double x) { return tanh(x); }
DT_INLINE double dt_libm_atan2(double x, double y) { return atan2(x, y); }

#endif
