import { everyPage } from './pages.mjs';

everyPage('vi');
